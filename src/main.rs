//! The program: options, log, run, exit status. What each part does is told in `lib.rs`.

use std::io::{self, Write};
use std::process::ExitCode;

use picam_stream::error::{Error, Result};
use picam_stream::options::{self, Command};
use picam_stream::service::conffile;
use picam_stream::stop::Stop;
use picam_stream::system::System;
use picam_stream::{cameras, doctor, log, serve, session};

fn main() -> ExitCode {
    log::init();
    match options::parse(std::env::args_os().skip(1)).and_then(run) {
        Ok(status) => status,
        Err(error) => {
            log::error!("{error}{}", origin(&error));
            if std::env::args_os()
                .nth(1)
                .is_some_and(|word| word == "serve")
            {
                serve::refuse_all(&error);
            }
            ExitCode::from(error.exit_status())
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Stream(options) => session::run(&options, &catch_signals()?)?,
        Command::Serve(options) => {
            return Ok(ExitCode::from(serve::run(&options, &catch_signals()?)?));
        }
        Command::Cameras => print(&cameras::list(&System::here())?)?,
        Command::Doctor { json } => return examine(json),
        Command::Help => print_here(&options::help())?,
        Command::Version => print_here(concat!("picam-stream ", env!("CARGO_PKG_VERSION"), "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit status 1 says that there is a problem.
fn examine(json: bool) -> Result<ExitCode> {
    let report = doctor::examine(&System::here());
    print(&if json {
        report.json()
    } else {
        report.text(log::wants_colour(&io::stdout()))
    })?;
    Ok(ExitCode::from(u8::from(!report.is_healthy())))
}

fn catch_signals() -> Result<Stop> {
    Stop::on_signals()
        .map_err(|error| Error::Output(format!("catching SIGINT and SIGTERM failed: {error}")))
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Error::Output(format!("writing to standard output failed: {error}")))
}

/// For who typed it: among the options of a service it would go to the viewer.
fn print_here(text: &str) -> Result<()> {
    conffile::refuse_text()?;
    print(text)
}

/// Where a wrong option comes from, when it was not typed.
fn origin(error: &Error) -> String {
    match error {
        Error::Usage(_) => conffile::origin().map_or_else(String::new, |it| format!(" ({it})")),
        _ => String::new(),
    }
}
