//! Uploading a logo, and what a logo may be.

use serde_json::{Value, json};

use super::{picture, upload};
use crate::support::client::{Client as _, PNG};
use crate::support::office::office;
use crate::support::problem::{check_problem, complaint};
use crate::support::reply::{text, token_of};
use crate::support::stage::Stage;

#[tokio::test]
async fn l2_the_logo_shows_in_the_switcher_and_on_the_invitation() {
    let (app, olga, workspace) = office("role-ladder").await;
    let other = [PNG, b"another"].concat();
    let admin = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
    upload(&app, &admin, &workspace, "image/png", PNG).await.expect_problem(403, "forbidden");
    let uploaded = upload(&app, &olga, &workspace, "image/png", PNG).await.expect(200);
    let url = text(&uploaded["logoUrl"]);
    assert!(url.starts_with("http://localhost/v1/workspaces/"), "reached as this server is: {url}");

    // Everybody who has the address sees it, signed in or not.
    let shown = picture(&app, &url).await;
    assert_eq!((shown.status.as_u16(), shown.text), (200, String::from_utf8_lossy(PNG).into_owned()));
    assert_eq!(shown.headers["content-type"], "image/png");
    assert!(shown.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let guessed = format!("{workspace}/logo?key={}", "0".repeat(32));
    picture(&app, &guessed).await.expect_problem(404, "not_found");
    picture(&app, &format!("{workspace}/logo")).await.expect_problem(422, "invalid_request");
    // In the switcher, in the workspace, on the invitation, in the list of one's own.
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let token = json!({ "token": token_of(&text(&invitation["url"])) });
    let preview = app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let switcher = app.get(&olga, "/v1/workspaces").await.expect(200);
    let seen = app.get(&olga, &workspace).await.expect(200);
    for shown in [&preview["workspace"], &mine["items"][0]["workspace"], &switcher["items"][0], &seen] {
        assert_eq!(shown["logoUrl"], json!(url));
    }

    // Another picture has another address; without one there is none.
    let uploaded = upload(&app, &olga, &workspace, "image/png", &other).await.expect(200);
    let anew = text(&uploaded["logoUrl"]);
    assert_ne!(anew, url);
    assert_eq!(picture(&app, &anew).await.text, String::from_utf8_lossy(&other));
    let logo = format!("{workspace}/logo");
    app.call(&admin, "DELETE", &logo, Value::Null).await.expect_problem(403, "forbidden");
    app.call(&olga, "DELETE", &logo, Value::Null).await.expect(204);
    for gone in [&url, &anew] {
        picture(&app, gone).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
}

#[tokio::test]
async fn l2_what_a_logo_is_goes_by_its_content() {
    let (app, olga, workspace) = office("role-ladder").await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".as_slice();
    for (kind, bytes) in [
        ("image/svg+xml", svg),
        ("image/png", svg),
        ("image/png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".as_slice()),
        ("image/png", &PNG[..12]),
        ("image/png", b"".as_slice()),
    ] {
        upload(&app, &olga, &workspace, kind, bytes).await.expect_problem(422, "invalid_request");
    }
    // Most that it may have is 256 KiB.
    let padded = |length: usize| [PNG, &vec![0; length - PNG.len()]].concat();
    let too_large = upload(&app, &olga, &workspace, "image/png", &padded(256 * 1024 + 1)).await;
    too_large.expect_problem(413, "payload_too_large");
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
    upload(&app, &olga, &workspace, "image/png", &padded(256 * 1024)).await.expect(200);
}

/// The header of a JPEG of that size.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10];
    bytes.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    bytes.extend([0xFF, 0xC0, 0x00, 0x11, 0x08]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([0x03, 0x01, 0x22, 0x00, 0x02, 0x11, 0x01, 0x03, 0x11, 0x01, 0xFF, 0xD9]);
    bytes
}

/// The header of a WebP of that size.
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0".to_vec();
    bytes.extend(&(width - 1).to_le_bytes()[..3]);
    bytes.extend(&(height - 1).to_le_bytes()[..3]);
    bytes
}

/// The picture, said to be of that size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = PNG.to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[tokio::test]
async fn k41_a_logo_is_what_its_content_is() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let path = format!("{}/logo", stage.workspace);
    let put = async |kind: &str, body: &[u8]| app.call_raw(&stage.owner, "PUT", &path, kind, body).await;
    let before = app.dump().await;
    let svg =
        br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("an SVG", svg.to_vec()),
        ("an SVG after a BOM", [b"\xef\xbb\xbf".as_slice(), svg].concat()),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("a GIF", b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff;".to_vec()),
        ("a BMP", b"BM\x3e\0\0\0\0\0\0\0\x3e\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0".to_vec()),
        ("an icon", b"\0\0\x01\0\x01\0\x01\x01\0\0\x01\0".to_vec()),
        ("a TIFF", b"II*\0\x08\0\0\0\0\0".to_vec()),
        ("an AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1".to_vec()),
        ("a PDF", b"%PDF-1.7\n".to_vec()),
        ("an archive", b"PK\x03\x04".to_vec()),
        ("a script before a picture", [b"<script>".as_slice(), PNG].concat()),
        ("a picture as a text", b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ".to_vec()),
        ("JSON", br#"{"logo":"x"}"#.to_vec()),
        ("nothing", Vec::new()),
        ("a byte", vec![0x89]),
        ("zeros", vec![0; 1_000]),
        ("a PNG's first bytes", PNG[..8].to_vec()),
        ("a PNG without its size", PNG[..18].to_vec()),
        ("half of a PNG's size", PNG[..22].to_vec()),
        ("a JPEG's first bytes", jpeg(1, 1)[..4].to_vec()),
        ("a JPEG without its size", jpeg(1, 1)[..24].to_vec()),
        ("a WebP's first bytes", webp(1, 1)[..12].to_vec()),
        ("a WebP without its size", webp(1, 1)[..22].to_vec()),
        ("no pixel", png(0, 0)),
        ("no height", png(1, 0)),
        ("a PNG that is too wide", png(4_097, 1)),
        ("a PNG that is too high", png(1, u32::MAX)),
        ("a JPEG that is too wide", jpeg(4_097, 1)),
        ("a WebP that is too high", webp(1, 4_097)),
    ];
    for (what, body) in bad {
        for kind in ["image/png", "image/svg+xml", "image/gif", "text/html", "application/json", ""] {
            let reply = put(kind, &body).await;
            check_problem(&reply, what);
            assert_eq!(
                (reply.status.as_u16(), complaint(&reply).0.as_str()),
                (422, "body"),
                "{what}: {}",
                reply.text
            );
        }
    }
    let large = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    for size in [256 * 1024 + 1, 1 << 20, (1 << 20) + 1, 5 << 20] {
        put("image/png", &large(size)).await.expect_problem(413, "payload_too_large");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);

    // Whatever it is called, it is shown as what it is; and to a browser that opens it, as no more.
    for (what, body) in [
        ("image/png", PNG.to_vec()),
        ("image/png", large(256 * 1024)),
        ("image/png", png(4_096, 4_096)),
        ("image/jpeg", jpeg(16, 16)),
        ("image/webp", webp(16, 16)),
    ] {
        for kind in ["image/png", "image/svg+xml", "text/html", ""] {
            let url = text(&put(kind, &body).await.expect(200)["logoUrl"]);
            let shown = app.call(None, "GET", &url[url.find("/v1/").expect("a path")..], Value::Null).await;
            assert_eq!(shown.text, String::from_utf8_lossy(&body), "{what} as {kind}");
            let header = |name: &str| shown.headers[name].to_str().expect("ASCII").to_owned();
            assert_eq!(header("content-type"), what, "as {kind}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
            // Each upload has an address of its own; the one before is not kept for ever.
            let again = url.replace("&version=", "&version=9");
            let again =
                app.call(None, "GET", &again[again.find("/v1/").expect("a path")..], Value::Null).await;
            assert_eq!(again.headers["cache-control"], "public, max-age=60");
        }
    }
}
