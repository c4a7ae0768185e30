//! Pictures, papers and HTML that the stories' messages carry.

use anyhow::{Context, Result};

pub struct File {
    pub name: &'static str,
    pub media_type: &'static str,
    pub bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal: $media_type:literal,)*) => {
        &[$(File {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../stories/files/", $name)),
        },)*]
    };
}

const FILES: &[File] = files! {
    "box.png": "image/png",
    "marten.png": "image/png",
    "pole.png": "image/png",
    "seam.png": "image/png",
    "sticker.png": "image/png",
    "invoice.pdf": "application/pdf",
    "label.pdf": "application/pdf",
    "quote.pdf": "application/pdf",
};

pub fn find(name: &str) -> Result<&'static File> {
    FILES.iter().find(|file| file.name == name).with_context(|| format!("there is no file {name}"))
}

pub fn html(name: &str) -> Result<&'static str> {
    match name {
        "fair" => Ok(include_str!("../stories/files/fair.html")),
        "forward" => Ok(include_str!("../stories/files/forward.html")),
        _ => Err(anyhow::anyhow!("there is no HTML named {name}")),
    }
}
