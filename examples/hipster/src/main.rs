//! Starts the service, or tells its story: see the README beside this file.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that is started by hand talks to its user"
)]

use std::net::Ipv4Addr;
use std::process::ExitCode;

use aftercommit::{BoxError, guard};
use hipster::Places;

const USAGE: &str = "usage: hipster [--port 8000] [--data hipster-data] [--database URL] [--smtp URL]
       hipster --story

  --database  sqlite://file.db, postgres://user:password@host/name or mysql://user:password@host/name
  --smtp      smtp://localhost:25, smtp://user:password@host:587?tls=required or smtps://user:password@host";

struct Settings {
    port: u16,
    places: Places,
    story: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    let settings = match settings(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(wrong) => {
            eprintln!("hipster: {wrong}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hipster: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), BoxError> {
    if settings.story {
        print!("{}", hipster::tell().await?);
        return Ok(());
    }
    // A visitor may choose the mistake, which the guard would otherwise refuse in a debug build.
    guard::set_policy(guard::Policy::Off);
    let service = hipster::Service::open(&settings.places).await?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))
        .await
        .map_err(|error| {
            format!(
                "port {} cannot be opened ({error}): choose another one with --port",
                settings.port
            )
        })?;
    println!(
        "hipster is at http://{} and keeps its data in {}",
        listener.local_addr()?,
        settings.places.folder.display()
    );
    let until = async {
        // Without a way to hear Ctrl-C the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, hipster::router(service))
        .with_graceful_shutdown(until)
        .await?;
    Ok(())
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings {
        port: 8000,
        places: Places {
            folder: "hipster-data".into(),
            database: None,
            smtp: None,
        },
        story: false,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--story" => settings.story = true,
            "--port" => {
                settings.port = value()?
                    .parse()
                    .map_err(|_| "a port is a number up to 65535".to_owned())?
            }
            "--data" => settings.places.folder = value()?.into(),
            "--database" => settings.places.database = Some(value()?),
            "--smtp" => settings.places.smtp = Some(value()?),
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok(settings)
}
