//! A Postfix of one's own: it delivers the given domains to Dovecot, forwards others to a given server, lets
//! mailbox owners submit with their password, and relays nothing else.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::dovecot::Dovecot;
use super::{certificate, multi_user_prefix, require_program};
use crate::supervised::{Supervised, Supervision, free_ports};

const MASTER: &str = "/usr/lib/postfix/sbin/master";

/// Which domains a Postfix takes mail for.
#[derive(Clone, Debug, Default)]
pub struct PostfixOptions {
    /// Delivered to Dovecot; an address without a mailbox there bounces to the sender.
    pub domains: Vec<String>,
    /// Handed on by SMTP to a server that may not be running yet; it is tried again every second.
    pub forwards: Vec<(String, SocketAddr)>,
}

/// The loopback ports of a running Postfix.
#[derive(Clone, Copy, Debug)]
pub struct PostfixPorts {
    /// SMTP that offers STARTTLS, and logins with or without it.
    pub smtp: u16,
    /// Submission over implicit TLS.
    pub smtps: u16,
}

/// A running Postfix; dropping it stops it and removes its queue.
pub struct Postfix {
    process: Option<Supervised>,
    prefix: &'static [&'static str],
    folder: TempDir,
    ports: PostfixPorts,
}

impl Postfix {
    /// Blocks for about a second.
    pub fn start(dovecot: &Dovecot, options: PostfixOptions) -> Result<Self> {
        require_program(MASTER, "postfix")?;
        let prefix = multi_user_prefix()?;
        let [smtp, smtps] = free_ports()?;
        let ports = PostfixPorts { smtp, smtps };
        let folder = tempfile::Builder::new()
            .prefix("rapport-postfix-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()?;
        write_configuration(folder.path(), ports, dovecot, &options)?;
        let mut postfix = Self { process: None, prefix, folder, ports };
        postfix.start_again()?;
        Ok(postfix)
    }

    pub fn ports(&self) -> PostfixPorts {
        self.ports
    }

    pub fn smtp_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.smtp).into()
    }

    /// Stops the server and keeps the queue.
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
        // This creates the queue's folders with the owners that Postfix wants.
        let script =
            r#"postfix -c "$1" post-install create-missing && exec /usr/lib/postfix/sbin/master -c "$1""#;
        let mut process = Supervised::start(Supervision {
            prefix: self.prefix,
            folder,
            command: vec!["sh".into(), "-c".into(), script.into(), "postfix".into(), folder.into()],
            environment: vec![(
                "PATH".into(),
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            )],
        })?;
        process
            .wait_for_ports(&[self.ports.smtp, self.ports.smtps], Duration::from_secs(30))
            .with_context(|| format!("Postfix's log: {}", self.log()))?;
        self.process = Some(process);
        Ok(())
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("mail.log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Postfix's log:\n{}", self.log());
        }
        if let Some(process) = self.process.take() {
            // Parts of the queue belong to Postfix's user, whom the supervisor can remove and this process may not.
            self.folder.disable_cleanup(true);
            process.discard();
        }
    }
}

fn write_configuration(
    folder: &Path,
    ports: PostfixPorts,
    dovecot: &Dovecot,
    options: &PostfixOptions,
) -> Result<()> {
    certificate::create(folder)?;
    // The data folder is left to Postfix, which creates it with the right owner.
    fs::create_dir(folder.join("queue"))?;
    let transport: String =
        options.forwards.iter().map(|(domain, server)| format!("{domain} {}\n", smtp_to(server))).collect();
    write_old(&folder.join("transport"), &transport)?;
    write_old(&folder.join("main.cf"), &main_configuration(folder, dovecot, options)?)?;
    write_old(&folder.join("master.cf"), &master_configuration(ports))
}

/// Postfix waits for two seconds before it trusts a configuration file that has just changed, so these look old.
fn write_old(path: &Path, text: &str) -> Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))?;
    Ok(())
}

/// Brackets keep Postfix from asking for the mail exchangers of an address that is meant literally.
fn smtp_to(server: &SocketAddr) -> String {
    format!("smtp:[{}]:{}", server.ip(), server.port())
}

fn main_configuration(folder: &Path, dovecot: &Dovecot, options: &PostfixOptions) -> Result<String> {
    let folder = folder.to_str().context("the temporary folder's name is not UTF-8")?;
    let domains = options.domains.join(", ");
    let forwarded: Vec<&str> = options.forwards.iter().map(|(domain, _)| domain.as_str()).collect();
    let forwarded = forwarded.join(", ");
    let lmtp = dovecot.lmtp_address();
    let authentication = dovecot.authentication_socket();
    Ok(format!(
        r#"
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
myhostname = mail.test
myorigin = mail.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtp_host_lookup = native
alias_maps =
alias_database =
local_recipient_maps =
biff = no
message_size_limit = 60000000
mailbox_size_limit = 0

virtual_mailbox_domains = {domains}
virtual_transport = lmtp:inet:{lmtp}
relay_domains = {forwarded}
transport_maps = texthash:{folder}/transport
default_transport = error:5.7.1 mail.test delivers to its own domains only
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination

smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {authentication}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/private-key.pem
smtp_tls_security_level = may
smtputf8_enable = yes

queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtp_connect_timeout = 5s
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_destination_concurrency_failed_cohort_limit = 0
"#,
        authentication = authentication.display()
    ))
}

/// No part runs in a changed root folder, because the temporary folder has none of the files it would need there.
fn master_configuration(ports: PostfixPorts) -> String {
    let PostfixPorts { smtp, smtps } = ports;
    format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd\n\
         127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         verify unix - - n - 1 verify\n\
         proxymap unix - - n - - proxymap\n\
         smtp unix - - n - - smtp\n\
         relay unix - - n - - smtp\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         discard unix - - n - - discard\n\
         lmtp unix - - n - - lmtp\n\
         anvil unix - - n - 1 anvil\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}
