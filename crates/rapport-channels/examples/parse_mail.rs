//! Measures how long taking a mail apart takes, and what hostile mails cost in time and memory.
//!
//! `cargo run --release -p rapport-channels --example parse_mail` prints both tables of docs/benchmarks.md. Each hostile
//! mail gets a process of its own, so that its memory is its own.

use std::process::Command;
use std::time::{Duration, Instant};

use rapport_channels::email::{ParseContext, parse};
use rapport_channels::html;

const ROUNDS: usize = 5_000;

fn main() {
    match std::env::args().nth(1) {
        Some(name) => measure_hostile(&name),
        None => {
            measure_typical();
            println!("\n| Hostile mail | Size | Time | Peak memory of the process |\n|---|---|---|---|");
            for (name, _) in HOSTILE {
                run_alone(name);
            }
        }
    }
}

fn measure_typical() {
    println!("| Mail | Size | median | p99 |\n|---|---|---|---|");
    for (name, mail) in
        [("text alone", text_mail()), ("text and HTML", rich_mail()), ("with a file", mail_with_file())]
    {
        let size = mail.len() as f64 / 1024.0;
        let context = ParseContext::default();
        let apart = times(|| parse(&mail, &context).text.len());
        println!("| {name}, taken apart | {size:.1} KiB | {} | {} |", shown(apart.0), shown(apart.1));
        let parsed = parse(&mail, &context);
        if let Some(rich) = &parsed.html {
            let cleaned = times(|| html::split_quote_html(&html::sanitize(rich).html).len());
            println!(
                "| {name}, its HTML cleaned | {:.1} KiB | {} | {} |",
                rich.len() as f64 / 1024.0,
                shown(cleaned.0),
                shown(cleaned.1)
            );
        }
    }
}

/// Median and 99th percentile.
fn times(mut work: impl FnMut() -> usize) -> (Duration, Duration) {
    let mut times = Vec::with_capacity(ROUNDS);
    let mut sum = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        sum += work();
        times.push(start.elapsed());
    }
    // The result is used, so that the work is not left out.
    assert!(sum > 0);
    times.sort_unstable();
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

fn shown(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn quoted_printable(text: &str) -> String {
    let mut line = 0;
    let mut encoded = String::new();
    for byte in text.bytes() {
        let piece = match byte {
            b'\n' => {
                encoded.push_str("\r\n");
                line = 0;
                continue;
            }
            b'=' | 127.. => format!("={byte:02X}"),
            byte => char::from(byte).to_string(),
        };
        if line + piece.len() > 75 {
            encoded.push_str("=\r\n");
            line = 0;
        }
        line += piece.len();
        encoded.push_str(&piece);
    }
    encoded
}

fn header(content_type: &str) -> String {
    let mut header = String::new();
    for hop in 1..=4 {
        header.push_str(&format!(
            "Received: from mx{hop}.customers.example (mx{hop}.customers.example [192.0.2.{hop}])\r\n\tby mx{}.ours.example with ESMTPS id 4AbC{hop}\r\n\tfor <support@ours.example>; Mon, 3 Mar 2025 10:15:0{hop} +0100 (CET)\r\n",
            hop + 1
        ));
    }
    header.push_str(&format!(
        "From: =?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@customers.example>\r\nTo: Support <support@ours.example>\r\n\
         Subject: =?utf-8?Q?R=C3=BCckfrage_zu_Bestellung_10234?=\r\nMessage-ID: <a1b2c3@customers.example>\r\n\
         In-Reply-To: <cnv_1.msg_1@ours.example>\r\nReferences: <root@customers.example> <cnv_1.msg_1@ours.example>\r\n\
         Date: Mon, 3 Mar 2025 10:15:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}\r\n"
    ));
    header
}

fn words(paragraphs: usize) -> String {
    let paragraph = "Die Lieferung ist noch nicht angekommen, und die Sendungsverfolgung zeigt seit Tagen nichts Neues. \
                     Können Sie bitte prüfen, wo das Paket geblieben ist? Vielen Dank für Ihre Mühe.\n\n";
    paragraph.repeat(paragraphs)
}

fn page(paragraphs: usize) -> String {
    let paragraph = "<p style=\"margin:0 0 12px;font-family:Arial,sans-serif;color:#222\">Die Lieferung ist noch <b>nicht</b> \
                     angekommen, und die <a href=\"https://parcels.example/t?id=1&amp;x=2\">Sendungsverfolgung</a> zeigt seit Tagen nichts.</p>\n";
    format!(
        "<html><head><style>p{{margin:0}}</style></head><body><table><tr><td>{}</td></tr></table>\
         <blockquote type=\"cite\">{}</blockquote></body></html>\n",
        paragraph.repeat(paragraphs),
        paragraph.repeat(paragraphs / 2)
    )
}

fn text_mail() -> Vec<u8> {
    let head = header("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable");
    format!("{head}\r\n{}", quoted_printable(&words(95))).into_bytes()
}

fn alternative(paragraphs: usize) -> String {
    format!(
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--b--\r\n",
        quoted_printable(&words(paragraphs)),
        quoted_printable(&page(paragraphs))
    )
}

fn rich_mail() -> Vec<u8> {
    format!("{}\r\n{}", header("multipart/alternative; boundary=b"), alternative(31)).into_bytes()
}

fn mail_with_file() -> Vec<u8> {
    let line = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0\r\n";
    format!(
        "{}\r\n--m\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n{}--m\r\nContent-Type: application/pdf; name=invoice.pdf\r\n\
         Content-Disposition: attachment; filename=invoice.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--m--\r\n",
        header("multipart/mixed; boundary=m"),
        alternative(16),
        line.repeat(125)
    )
    .into_bytes()
}

type Maker = fn() -> Vec<u8>;

const HOSTILE: &[(&str, Maker)] = &[
    ("10,000 parts inside each other", || {
        let mut nested = String::from("From: a@x.example\r\n");
        for depth in 0..10_000 {
            nested.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\nHello\r\n--b{depth}\r\n"
            ));
        }
        nested.into_bytes()
    }),
    ("a million parts", || {
        format!(
            "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--b\r\n\r\nHello\r\n".repeat(1_000_000)
        )
        .into_bytes()
    }),
    ("100,000 messages inside each other", || {
        format!("From: a@x.example\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(100_000))
            .into_bytes()
    }),
    ("a million recipients", || {
        format!("From: a@x.example\r\nTo: {}\r\n\r\nx", "b@y.example, ".repeat(1_000_000)).into_bytes()
    }),
    ("ten million brackets in From", || format!("From: {}\r\n\r\nx", "(".repeat(10_000_000)).into_bytes()),
    ("a million header fields", || format!("{}\r\nx", "X: y\r\n".repeat(1_000_000)).into_bytes()),
    ("a million open elements", || {
        format!("From: a@x.example\r\nContent-Type: text/html\r\n\r\n{}", "<div>".repeat(1_000_000))
            .into_bytes()
    }),
    ("2 MB of attributes", || {
        format!("From: a@x.example\r\nContent-Type: text/html\r\n\r\n<p {}>x", "a=b ".repeat(500_000))
            .into_bytes()
    }),
    ("200,000 lines that look like quotes", || {
        format!("From: a@x.example\r\n\r\n{}", "1 wrote:\n".repeat(200_000)).into_bytes()
    }),
    ("50 MB in one file", || {
        let mut large = b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/zip\r\n\
            Content-Transfer-Encoding: base64\r\n\r\n"
            .to_vec();
        large.resize(50 * 1024 * 1024, b'A');
        large
    }),
    ("100 MB of nothing", || {
        let mut large = b"From: a@x.example\r\n\r\n".to_vec();
        large.resize(100 * 1024 * 1024, b'x');
        large
    }),
];

fn run_alone(name: &str) {
    let this = std::env::current_exe().expect("this program");
    let status = Command::new(this).arg(name).status().expect("it starts again");
    if !status.success() {
        println!("| {name} | | ended with {status} | |");
    }
}

/// Takes it apart and cleans its HTML, as a mail that arrives.
fn measure_hostile(name: &str) {
    let (_, make) = HOSTILE.iter().find(|(known, _)| *known == name).expect("one of the hostile mails");
    let mail = make();
    let start = Instant::now();
    let parsed = parse(&mail, &ParseContext::default());
    let cleaned =
        parsed.html.as_deref().map_or(0, |rich| html::split_quote_html(&html::sanitize(rich).html).len());
    let time = start.elapsed();
    let peak = peak_memory_kib() / 1024;
    assert!(cleaned <= mail.len() * 4, "cleaning makes nothing much larger");
    println!(
        "| {name} | {:.1} MiB | {:.0} ms | {peak} MiB |",
        mail.len() as f64 / 1048576.0,
        time.as_secs_f64() * 1e3
    );
}

fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
