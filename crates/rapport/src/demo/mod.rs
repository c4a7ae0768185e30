//! A server with sample data, the outside world played by the simulator, and a page for playing the customers.

mod cast;
mod clock;
mod guide;
mod history;
mod state;
mod workspace;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rapport_channels::guard::AllowRule;
use rapport_domain::{Clock, SystemClock, SystemEntropy};
use rapport_engine::Engine;
use rapport_simulator::mail::{MailProvider, ProviderSettings};
use rapport_simulator::site::{Site, SiteSettings};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Settings;
use crate::mail_listener::{self, MailListeners};
use crate::serve::{self, Parts, Stop};
use crate::wiring::Foundation;
use crate::{open_files, wiring};
use clock::StoryClock;
use guide::Places;
use state::DemoState;

/// The workspace is a little older than its oldest conversation.
const OLDEST_SECONDS: i64 = 45 * 24 * 60 * 60;
const SMTP_PORT: u16 = 2525;
/// Where the customers' mailboxes are kept, inside the data folder.
const MAIL_FOLDER: &str = "demo-mail";
/// Long enough to see the message wait, short enough to see it leave.
const GREYLIST_SECONDS: i64 = 10;
const SLOW_REPLY: Duration = Duration::from_secs(8);

/// The sockets that a demo opens before anything else, so that a taken port is the first thing one hears of.
struct Sockets {
    http: TcpListener,
    smtp: TcpListener,
    provider: TcpListener,
}

pub async fn run(mut settings: Settings) -> Result<()> {
    open_files::raise_limit();
    let stop = Stop::listen()?;
    wiring::create_data_folder(&settings.data_folder)?;
    let kept = DemoState::load(&settings.data_folder)?;
    let sockets = open_sockets(&settings, kept.as_ref()).await?;
    let (listening, smtp) = (sockets.http.local_addr()?, sockets.smtp.local_addr()?);
    let provider_address = sockets.provider.local_addr()?;
    // The accounts of the demo may reach the simulated provider, and nothing else on this machine.
    settings.allow_hosts.push(format!("{provider_address}").parse::<AllowRule>()?);
    let taken_smtp_port = (settings.smtp.listen.is_none() && smtp.port() != SMTP_PORT).then_some(SMTP_PORT);
    settings.smtp.listen = None;
    let (foundation, lock) = wiring::open_for_serving(&settings, listening).await?;
    let clock = Arc::new(StoryClock::default());
    let engine = foundation.engine_at(clock.clone());
    let provider = MailProvider::new(ProviderSettings {
        host_name: "mx.customers.example".to_owned(),
        domains: cast::DOMAINS.iter().map(|domain| (*domain).to_owned()).collect(),
        destination: smtp,
        greylist_seconds: GREYLIST_SECONDS,
        slow_reply: SLOW_REPLY,
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
    });
    let mail_folder = settings.data_folder.join(MAIL_FOLDER);
    wiring::create_data_folder(&mail_folder)?;
    provider
        .keep_in(&mail_folder)
        .with_context(|| format!("the customers' mail cannot be kept in {}", mail_folder.display()))?;
    let (stop_provider, provider_shutdown) = watch::channel(false);
    tokio::spawn(provider.clone().serve(sockets.provider, provider_shutdown));
    let state = match kept {
        Some(state) => workspace::reconnect(&engine, state, provider_address).await?,
        None => begin(&foundation, &engine, &clock, &provider, provider_address).await?,
    };
    state.save(&settings.data_folder)?;
    let mail = open_mail(&settings, sockets.smtp).await?;
    let mut options = serve::server_options(&settings, &engine);
    options.additional_routes = Some(site(&state, &provider).router());
    if !listening.ip().is_loopback() {
        tracing::warn!(%listening, "the demo's passwords are known to everybody, and others can reach it at this address");
    }
    let places = Places { url: &engine.config().public_url, smtp, taken_smtp_port };
    guide::print(&places, &state);
    let outcome =
        serve::run_until_stopped(Parts { engine, listener: sockets.http, mail, options, lock }, stop).await;
    drop(stop_provider);
    outcome
}

/// The sample data, made once. A folder with other data is left alone.
async fn begin(
    foundation: &Foundation,
    engine: &Engine,
    clock: &StoryClock,
    provider: &MailProvider,
    provider_address: SocketAddr,
) -> Result<DemoState> {
    if !engine.set_up_required().await.context("the database cannot be read")? {
        bail!(
            "this data is not the demo's, or a first start of it was interrupted — name an empty folder with --data-dir"
        );
    }
    let present = SystemClock.now();
    clock.tell(present.plus_seconds(-OLDEST_SECONDS));
    let state = workspace::create(engine, provider_address).await?;
    clock.follow_the_present();
    history::tell(foundation, provider, &state).await?;
    Ok(state)
}

async fn open_sockets(settings: &Settings, kept: Option<&DemoState>) -> Result<Sockets> {
    let http = mail_listener::bind(settings.listen, "listen (--listen, RAPPORT_LISTEN)").await?;
    let smtp = match settings.smtp.listen {
        Some(address) => mail_listener::bind(address, "smtp.listen (RAPPORT_SMTP_LISTEN)").await?,
        None => bind_or_any(SMTP_PORT).await?,
    };
    let provider = bind_or_any(kept.map_or(0, |state| state.provider_port)).await?;
    Ok(Sockets { http, smtp, provider })
}

/// This port of the loopback address, or a free one when it is taken.
async fn bind_or_any(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            mail_listener::bind((Ipv4Addr::LOCALHOST, 0).into(), "the demo's own ports").await
        }
        bound => bound.context("the loopback address cannot be listened on"),
    }
}

async fn open_mail(settings: &Settings, smtp: TcpListener) -> Result<MailListeners> {
    let listeners =
        MailListeners::open(&settings.smtp, &settings.data_folder, settings.limits.max_email_bytes).await?;
    Ok(listeners.with_smtp(smtp))
}

fn site(state: &DemoState, provider: &MailProvider) -> Site {
    let settings = SiteSettings {
        shop_name: cast::SHOP_NAME.to_owned(),
        support_address: cast::SUPPORT_ADDRESS.to_owned(),
        personas: cast::personas(),
        widget_key: state.widget_key.clone(),
        identity_secret: state.identity_secret.clone(),
    };
    Site::new(settings, provider.clone())
}
