//! How long a new process takes to its first answer, on an empty data folder and on filled databases.

use anyhow::Result;

use super::database::Place;
use super::latency::Latencies;
use super::report::{Report, figure};
use super::server::Process;

const TIMES: usize = 7;

pub async fn measure(place: &Place, scales: &[i64], report: &mut Report) -> Result<()> {
    let title = format!("From the start of the process to its first answer, {}", place.engine_name());
    let folder = place.scratch_folder("bench-start-data")?;
    let mut times = Latencies::default();
    for _ in 0..TIMES {
        let url = place.empty("bench-start").await?;
        let _ = std::fs::remove_dir_all(&folder);
        let folder = place.scratch_folder("bench-start-data")?;
        let server = Process::start(&folder, &url).await?;
        times.add(server.first_answer);
        server.stop()?;
    }
    place.remove("bench-start").await?;
    add(report, &title, "empty", &times);
    for scale in scales {
        let opened = place.filled(*scale, None).await?;
        let url = opened.url.clone();
        opened.close().await;
        let mut times = Latencies::default();
        for _ in 0..TIMES {
            let server = Process::start(&folder, &url).await?;
            times.add(server.first_answer);
            server.stop()?;
        }
        add(report, &title, &format!("{scale} conversations"), &times);
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn add(report: &mut Report, title: &str, name: &str, times: &Latencies) {
    report.add(
        title,
        name,
        vec![
            figure("median", times.percentile(50.0), "ms"),
            figure("longest", times.percentile(100.0), "ms"),
        ],
    );
}
