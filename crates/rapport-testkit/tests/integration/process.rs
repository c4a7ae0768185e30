//! The runner of the server binary, proven with this test's own binary in the server's place.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use anyhow::Result;
use rapport_testkit::process::{RapportOptions, RapportProcess};

/// Plays the server when this binary is started as one: ready on the given address, with a file in the data folder
/// that counts its starts.
#[test]
fn stand_in_server() -> Result<()> {
    let (Ok(address), Ok(folder)) = (std::env::var("RAPPORT_LISTEN"), std::env::var("RAPPORT_DATA")) else {
        return Ok(());
    };
    if std::env::var_os("STAND_IN_FAILS").is_some() {
        eprintln!("the stand-in cannot start");
        std::process::exit(3);
    }
    let starts = std::path::Path::new(&folder).join("starts");
    let count = std::fs::read_to_string(&starts).map_or(Ok(0), |text| text.parse::<u32>())? + 1;
    std::fs::write(&starts, count.to_string())?;
    eprintln!("start number {count}");
    let listener = TcpListener::bind(address)?;
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut request = String::new();
        BufReader::new(stream.try_clone()?).read_line(&mut request)?;
        let status = if request.starts_with("GET /readyz ") { "200 OK" } else { "404 Not Found" };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    }
    Ok(())
}

fn stand_in() -> Result<RapportOptions> {
    Ok(RapportOptions {
        binary: Some(std::env::current_exe()?),
        arguments: ["--exact", "process::stand_in_server", "--nocapture"].map(Into::into).to_vec(),
        ready_timeout: Duration::from_secs(10),
        ..RapportOptions::default()
    })
}

#[test]
fn a_killed_server_starts_again_on_its_port_and_data() -> Result<()> {
    let mut server = RapportProcess::start(stand_in()?)?;
    let (address, first) = (server.address(), server.pid()?);
    server.kill()?;
    assert!(std::net::TcpStream::connect(address).is_err(), "the port is closed once kill returns");
    assert!(!std::path::Path::new(&format!("/proc/{first}")).exists());
    server.start_again()?;
    assert_eq!(server.address(), address);
    assert_ne!(server.pid()?, first);
    assert!(server.log().contains("start number 2"), "{}", server.log());
    Ok(())
}

#[test]
fn terminating_reports_how_the_server_ended() -> Result<()> {
    let mut server = RapportProcess::start(stand_in()?)?;
    // The stand-in handles no signal, which the shell reports as 128 plus the number of TERM.
    assert_eq!(server.terminate()?.code(), Some(143));
    assert!(server.pid().is_err());
    Ok(())
}

#[test]
fn a_server_that_cannot_start_fails_at_once_with_its_words() -> Result<()> {
    let options = stand_in()?.environment("STAND_IN_FAILS", "1");
    let error = RapportProcess::start(options).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("the stand-in cannot start"), "{error}");
    Ok(())
}

#[test]
fn dropping_the_handle_ends_the_server() -> Result<()> {
    let server = RapportProcess::start(stand_in()?)?;
    let (pid, folder) = (server.pid()?, server.data_folder());
    drop(server);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(!folder.exists());
    Ok(())
}
