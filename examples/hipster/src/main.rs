//! Starts the service, or tells its story: see the README beside this file.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that is started by hand talks to its user"
)]

use std::net::Ipv4Addr;
use std::process::ExitCode;

use aftercommit::{BoxError, guard};
use hipster::{Mode, Places, Service};

const USAGE: &str = "usage: hipster [--port 8000] [--data hipster-data] [--database URL] [--smtp URL] [--no-worker]
       hipster --worker [--data hipster-data] [--database URL] [--smtp URL]
       hipster --story

  --database   sqlite://file.db, postgres://user:password@host/name or mysql://user:password@host/name
  --smtp       smtp://localhost:25, smtp://user:password@host:587?tls=required or smtps://user:password@host
  --no-worker  only commits: what must follow is delivered by another process
  --worker     is that process";

struct Settings {
    port: u16,
    places: Places,
    task: Task,
}

/// What the process is for.
enum Task {
    /// The pages, and what follows.
    Everything,
    /// The pages.
    OnlyCommit,
    /// What follows.
    OnlyDeliver,
    Story,
    /// A part of the story.
    Die(Mode),
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
    let places = &settings.places;
    // A visitor may choose the mistake, which the guard would otherwise refuse in a debug build.
    guard::set_policy(guard::Policy::Off);
    match settings.task {
        Task::Story => print!("{}", hipster::tell(&std::env::current_exe()?).await?),
        Task::Die(mode) => hipster::die_after_commit(places, mode).await?,
        Task::OnlyCommit => {
            let service = Service::open_without_worker(places).await?;
            serve(service, &settings).await?;
        }
        Task::OnlyDeliver => {
            let worker = Service::open(places).await?.start_worker().await?;
            println!("hipster delivers what is in {}", places.folder.display());
            asked_to_stop().await;
            worker.drain().await;
        }
        Task::Everything => {
            let service = Service::open(places).await?;
            let worker = service.start_worker().await?;
            serve(service, &settings).await?;
            worker.drain().await;
        }
    }
    Ok(())
}

async fn serve(service: Service, settings: &Settings) -> Result<(), BoxError> {
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
    axum::serve(listener, hipster::router(service))
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    Ok(())
}

/// By Ctrl-C, or by whoever runs services on this machine.
async fn asked_to_stop() {
    let interrupted = async {
        // Without a way to hear it the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => terminated.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        () = interrupted => {}
        _ = terminated => {}
    }
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings {
        port: 8000,
        places: Places::in_folder("hipster-data"),
        task: Task::Everything,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--story" => settings.task = Task::Story,
            "--worker" => settings.task = Task::OnlyDeliver,
            "--no-worker" => settings.task = Task::OnlyCommit,
            "--die-after-commit" => {
                let mode = Mode::of(&value()?).ok_or("that is no way to connect receivers")?;
                settings.task = Task::Die(mode);
            }
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
