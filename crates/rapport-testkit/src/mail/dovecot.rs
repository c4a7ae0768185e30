//! A Dovecot of one's own: IMAP plain, with STARTTLS and over TLS, LMTP, and a socket for Postfix's logins.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::mailbox::Mailbox;
use super::{certificate, is_root, require_program};
use crate::supervised::{Supervised, Supervision, free_ports};

const PROGRAM: &str = "/usr/sbin/dovecot";

/// The loopback ports of a running Dovecot.
#[derive(Clone, Copy, Debug)]
pub struct DovecotPorts {
    /// IMAP that also offers STARTTLS.
    pub imap: u16,
    /// IMAP over implicit TLS.
    pub imaps: u16,
    pub lmtp: u16,
}

/// A running Dovecot; dropping it stops it and removes its mail.
pub struct Dovecot {
    process: Option<Supervised>,
    folder: TempDir,
    ports: DovecotPorts,
    users: Vec<(String, String)>,
}

impl Dovecot {
    /// Starts with a mailbox for each address and password. Blocks for well under a second.
    pub fn start(users: &[(&str, &str)]) -> Result<Self> {
        Self::start_with(users, None)
    }

    /// Also takes access tokens (XOAUTH2). A GET of this address with the token behind it says whose token it is, as
    /// `{"email": …}`, or fails.
    pub fn start_with_tokens(users: &[(&str, &str)], token_info_url: &str) -> Result<Self> {
        Self::start_with(users, Some(token_info_url))
    }

    fn start_with(users: &[(&str, &str)], token_info_url: Option<&str>) -> Result<Self> {
        require_program(PROGRAM, "dovecot-imapd")?;
        require_program("/usr/lib/dovecot/imap", "dovecot-imapd")?;
        require_program("/usr/lib/dovecot/lmtp", "dovecot-lmtpd")?;
        let [imap, imaps, lmtp] = free_ports()?;
        let folder = tempfile::Builder::new()
            .prefix("rapport-dovecot-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()?;
        let ports = DovecotPorts { imap, imaps, lmtp };
        prepare_folder(folder.path())?;
        let configuration = configuration(folder.path(), ports, token_info_url)?;
        fs::write(folder.path().join("dovecot.conf"), configuration)?;
        let mut dovecot = Self { process: None, folder, ports, users: Vec::new() };
        for (address, password) in users {
            dovecot.add_user(address, password)?;
        }
        dovecot.start_again()?;
        Ok(dovecot)
    }

    /// Adds a mailbox, also while the server runs.
    pub fn add_user(&mut self, address: &str, password: &str) -> Result<()> {
        if address.contains([':', '/', '\n']) || password.contains([':', '\n']) {
            bail!("the password file cannot hold {address:?} with this password");
        }
        let path = self.folder.path().join("users");
        let mut file = fs::File::options().create(true).append(true).open(&path)?;
        writeln!(file, "{}:{{PLAIN}}{password}", address.to_lowercase())?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        self.users.push((address.to_lowercase(), password.to_owned()));
        Ok(())
    }

    pub fn ports(&self) -> DovecotPorts {
        self.ports
    }

    pub fn imap_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.imap).into()
    }

    pub fn lmtp_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.lmtp).into()
    }

    /// The socket at which Postfix checks passwords.
    pub fn authentication_socket(&self) -> PathBuf {
        self.folder.path().join("authentication")
    }

    /// The self-signed certificate as PEM, for a client that wants to trust it.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// A reader of the inbox of one of the users.
    pub fn mailbox(&self, address: &str) -> Result<Mailbox> {
        let (address, password) = self
            .users
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(address))
            .with_context(|| format!("no mailbox {address}"))?;
        Ok(Mailbox::new(self.imap_address(), address, password))
    }

    /// Stops the server and keeps the mail, to see how a client lives without it.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.stop()?;
        }
        Ok(())
    }

    /// Starts after [`stop`](Self::stop) on the same ports.
    pub fn start_again(&mut self) -> Result<()> {
        self.stop()?;
        let folder = self.folder.path();
        let mut process = Supervised::start(Supervision {
            prefix: &[],
            folder,
            command: vec![PROGRAM.into(), "-F".into(), "-c".into(), folder.join("dovecot.conf").into()],
            environment: Vec::new(),
        })?;
        let DovecotPorts { imap, imaps, lmtp } = self.ports;
        process
            .wait_for_ports(&[imap, imaps, lmtp], Duration::from_secs(20))
            .with_context(|| format!("Dovecot's log: {}", self.log()))?;
        self.process = Some(process);
        Ok(())
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("dovecot.log")).unwrap_or_default()
    }

    /// Gives a mailbox a new UIDVALIDITY, as a restored backup does; its messages get new ids.
    pub fn renew_uid_validity(&mut self, address: &str) -> Result<()> {
        let mailbox = self.folder.path().join("mail").join(address.to_lowercase()).join("Maildir");
        self.stop()?;
        for entry in fs::read_dir(&mailbox).with_context(|| format!("{address} has no mail yet"))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("dovecot") {
                fs::remove_file(entry.path())?;
            }
        }
        self.start_again()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Dovecot's log:\n{}", self.log());
        }
        if let Some(process) = self.process.take() {
            self.folder.disable_cleanup(true);
            process.discard();
        }
    }
}

/// As root the mail belongs to Dovecot's own unprivileged user, otherwise to whoever runs the test.
fn prepare_folder(folder: &Path) -> Result<()> {
    let mail = folder.join("mail");
    fs::create_dir(&mail)?;
    fs::write(folder.join("users"), "")?;
    certificate::create(folder)?;
    if is_root() {
        let (user, group) = dovecot_user()?;
        chown(&mail, Some(user), Some(group))?;
    }
    Ok(())
}

fn dovecot_user() -> Result<(u32, u32)> {
    Ok((id_of("-u", Some("dovecot"))?.parse()?, id_of("-g", Some("dovecot"))?.parse()?))
}

fn id_of(flag: &str, user: Option<&str>) -> Result<String> {
    let output = Command::new("id").arg(flag).args(user).output()?;
    if !output.status.success() {
        bail!("id {flag} {user:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Everything in one file, so that nothing of the machine's own configuration is read.
fn configuration(folder: &Path, ports: DovecotPorts, token_info_url: Option<&str>) -> Result<String> {
    let folder = folder.to_str().context("the temporary folder's name is not UTF-8")?;
    let DovecotPorts { imap, imaps, lmtp } = ports;
    let (mail_user, mail_group, rootless) = if is_root() {
        let (user, group) = dovecot_user()?;
        (user.to_string(), group.to_string(), String::new())
    } else {
        let (user, group) = (id_of("-un", None)?, id_of("-gn", None)?);
        (id_of("-u", None)?, id_of("-g", None)?, rootless_configuration(&user, &group))
    };
    let (mechanisms, tokens) = match token_info_url {
        Some(url) => {
            let settings = format!("{folder}/oauth2.conf");
            fs::write(&settings, format!("tokeninfo_url = {url}\nusername_attribute = email\n"))?;
            let tokens = format!(
                "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {settings}\n}}\n"
            );
            ("plain login xoauth2", tokens)
        }
        None => ("plain login", String::new()),
    };
    Ok(format!(
        r#"
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/private-key.pem
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_username_format = %Lu
auth_failure_delay = 0
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
lda_mailbox_autocreate = yes
postmaster_address = postmaster@mail.test
hostname = mail.test
{tokens}passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/mail/%Lu
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener {folder}/authentication {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{rootless}"#
    ))
}

/// Without root every part runs as the same user and none can change its root folder.
fn rootless_configuration(user: &str, group: &str) -> String {
    let mut text = format!(
        "default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n"
    );
    for service in ["anvil", "imap-login", "imap-urlauth-login", "stats"] {
        text.push_str(&format!("service {service} {{\n  chroot =\n}}\n"));
    }
    text.push_str(&format!(
        "service lmtp {{\n  user = {user}\n}}\nservice auth-worker {{\n  user = {user}\n}}\n"
    ));
    text
}
