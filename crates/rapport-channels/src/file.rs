//! What a file is called and what it is, whoever handed it over.

/// A name that is safe to show and to offer for a download.
pub fn safe_name(name: &str) -> String {
    crate::email::safe_file_name(name, 1)
}

/// What the bytes are, from their beginning where it tells, else what was declared and is well-formed.
pub fn media_type(bytes: &[u8], declared: &str) -> String {
    if let Some(sniffed) = crate::email::sniff(bytes) {
        return sniffed.to_owned();
    }
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let well_formed = essence.len() <= 100
        && essence.split_once('/').is_some_and(|(kind, subtype)| {
            [kind, subtype].iter().all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
            })
        });
    if well_formed { essence } else { "application/octet-stream".to_owned() }
}

/// Whether a browser may show the file in place: fixed raster images, sound and film, nothing that can run.
pub fn may_show_inline(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/png"
            | "image/jpeg"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "image/bmp"
            | "audio/mpeg"
            | "audio/ogg"
            | "audio/wav"
            | "audio/mp4"
            | "audio/webm"
            | "audio/aac"
            | "video/mp4"
            | "video/webm"
            | "video/ogg"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_is_believed_only_where_the_bytes_say_nothing() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n....", "text/html"), "image/png");
        assert_eq!(media_type(b"a,b\n1,2\n", "text/csv; charset=utf-8"), "text/csv");
        assert_eq!(media_type(b"a,b\n1,2\n", "text/\"html"), "application/octet-stream");
    }

    #[test]
    fn nothing_that_can_run_is_shown_in_place() {
        for media_type in
            ["image/svg+xml", "text/html", "application/pdf", "application/xhtml+xml", "text/javascript"]
        {
            assert!(!may_show_inline(media_type), "{media_type}");
        }
    }
}
