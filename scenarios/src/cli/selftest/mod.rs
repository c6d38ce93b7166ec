//! `otelbox selftest`.

mod json;
mod text;

use super::Data;
use super::arguments::{DataFormat, Selftest};
use super::error::CliError;
use super::output::{print, print_json};
use crate::crooked::{
    Acquittal, CrookedClient, KillState, Proof, StraightforwardClient, acquit, clients,
    killed_rules, prove, straightforward_clients,
};
use crate::exit_code::ExitCode;
use crate::plan::{Filter, Plan};
use crate::run::RunOptions;
use crate::scenario::nearest;

pub(super) fn selftest(arguments: &Selftest, data: &Data) -> Result<ExitCode, CliError> {
    let (crooked, straightforward) = chosen(&arguments.clients)?;
    let plan = Plan::of(
        data.catalog.scenarios().map(AsRef::as_ref),
        &Filter::default(),
    );
    let options = RunOptions::default();
    let human = arguments.format == DataFormat::Human;
    let mut holds = true;
    let mut proofs: Vec<(&CrookedClient, Proof)> = Vec::new();
    for client in &crooked {
        let proof = prove(client, &plan, data.rules, &options)?;
        if human {
            print(&text::proof(&client.entry, &proof))?;
        }
        holds &= proof.holds();
        proofs.push((client, proof));
    }
    let mut acquittals: Vec<(&StraightforwardClient, Acquittal)> = Vec::new();
    for client in &straightforward {
        let acquittal = acquit(client, &plan, data.rules, &options)?;
        if human {
            print(&text::acquittal(&client.entry, &acquittal))?;
        }
        holds &= acquittal.holds();
        acquittals.push((client, acquittal));
    }
    // A few clients cannot cover all rules.
    let rules = arguments.clients.is_empty().then(|| {
        let entries = proofs.iter().map(|(client, proof)| (&client.entry, proof));
        killed_rules(data.rules, &data.catalog, &entries)
    });
    if let Some(rules) = &rules {
        holds &= rules.iter().all(|rule| rule.state != KillState::Survives);
    }
    if human {
        if let Some(rules) = &rules {
            print(&text::rules(rules))?;
        }
        print(&text::totals(&proofs, &acquittals, rules.as_deref()))?;
    } else {
        print_json(&json::Report::of(
            &proofs,
            &acquittals,
            rules.as_deref(),
            holds,
        ))?;
    }
    Ok(if holds {
        ExitCode::Success
    } else {
        ExitCode::MustFailed
    })
}

/// The clients of these names, in the order of the lists; all where there are none.
fn chosen(names: &[String]) -> Result<(Vec<CrookedClient>, Vec<StraightforwardClient>), CliError> {
    let (mut crooked, mut straightforward) = (clients()?, straightforward_clients()?);
    let known: Vec<&str> = crooked
        .iter()
        .map(|client| client.entry.name.as_str())
        .chain(straightforward.iter().map(|it| it.entry.name.as_str()))
        .collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(CliError::UnknownClient {
            name: unknown.clone(),
            nearest: nearest(unknown, known).map(str::to_owned),
        });
    }
    let is_chosen = |name: &String| names.is_empty() || names.contains(name);
    crooked.retain(|client| is_chosen(&client.entry.name));
    straightforward.retain(|client| is_chosen(&client.entry.name));
    Ok((crooked, straightforward))
}
