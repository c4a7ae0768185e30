//! The figures, as a table for people and as JSON for programs.

use serde::Serialize;

#[derive(Serialize)]
pub struct Report {
    machine: Machine,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct Machine {
    processor: String,
    cores: usize,
    /// Of the last minute when the run began: others may have been at work.
    load: String,
}

#[derive(Serialize)]
struct Section {
    title: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    figures: Vec<Figure>,
}

#[derive(Clone, Serialize)]
pub struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
}

pub fn figure(name: &'static str, value: f64, unit: &'static str) -> Figure {
    Figure { name, value, unit }
}

impl Report {
    pub fn new() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let processor = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
        Self { machine: Machine { processor, cores, load }, sections: Vec::new() }
    }

    /// Adds a line and shows it at once, because the whole may take an hour.
    pub fn add(&mut self, section: &str, name: impl Into<String>, figures: Vec<Figure>) {
        let row = Row { name: name.into(), figures };
        eprintln!("{section}: {}: {}", row.name, row.text());
        match self.sections.iter_mut().find(|known| known.title == section) {
            Some(known) => known.rows.push(row),
            None => self.sections.push(Section { title: section.to_owned(), rows: vec![row] }),
        }
    }

    pub fn print(&self) {
        println!(
            "{} cores of {}, load {} at the start",
            self.machine.cores, self.machine.processor, self.machine.load
        );
        for section in &self.sections {
            println!("\n{}", section.title);
            section.print();
        }
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Section {
    fn print(&self) {
        let Some(first) = self.rows.first() else { return };
        let mut lines =
            vec![std::iter::once(String::new()).chain(first.figures.iter().map(heading)).collect()];
        for row in &self.rows {
            let cells = row.figures.iter().map(|figure| number(figure.value));
            lines.push(std::iter::once(row.name.clone()).chain(cells).collect::<Vec<String>>());
        }
        let width = |column: usize| {
            lines
                .iter()
                .filter_map(|cells| cells.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..lines.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
        for cells in &lines {
            let mut line = format!("  {:<width$}", cells[0], width = widths[0]);
            for (cell, width) in cells.iter().zip(&widths).skip(1) {
                line.push_str(&format!("  {cell:>width$}"));
            }
            println!("{}", line.trim_end());
        }
    }
}

impl Row {
    fn text(&self) -> String {
        let parts = self.figures.iter().map(|figure| {
            format!("{} {} {}", figure.name, number(figure.value), figure.unit).trim_end().to_owned()
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

fn heading(figure: &Figure) -> String {
    if figure.unit.is_empty() { figure.name.to_owned() } else { format!("{} [{}]", figure.name, figure.unit) }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
