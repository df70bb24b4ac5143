/** An embedded database filled by hand, so that the expected content of each page is known exactly. */

import { sql } from 'kysely'
import { type DashboardDeps, dashboard } from '../../src/dashboard/app.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import type { NewRow } from '../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { DEFINITION_VERSION } from '../../src/domain/sla.ts'
import { DAY_MS } from '../../src/domain/time.ts'
import { COMMANDS } from '../../src/features/all.ts'
import { openEmbedded } from '../support/database.ts'

export const NOW = Date.parse('2026-02-04T12:00:00Z')

export const openFixture = openEmbedded

export function app(deps: Partial<DashboardDeps> & Pick<DashboardDeps, 'db'>) {
  return dashboard({
    now: () => NOW,
    settingsOf: async () => DEFAULT_SETTINGS,
    publicUrl: null,
    githubUrl: 'https://github.com',
    commands: COMMANDS,
    ...deps,
  })
}

export function aRepository(values: Partial<NewRow<'repository'>> = {}): NewRow<'repository'> {
  return {
    repository_id: 1,
    full_name: 'acme/web',
    private: false,
    default_branch: 'main',
    installation_id: 7,
    reported_at: '2026-01-01T00:00:00Z',
    removed_at: null,
    ...values,
  }
}

export function aWindow(values: Partial<NewRow<'sla_window'>> & { start: string }): NewRow<'sla_window'> {
  const kind = values.kind ?? 'day'
  const from = Date.parse(`${values.start}T00:00:00Z`)
  const to = from + (kind === 'week' ? 7 * DAY_MS : DAY_MS)
  return {
    repository_id: 1,
    kind,
    definition_version: DEFINITION_VERSION,
    revision: 0,
    starts_at: new Date(from).toISOString(),
    ends_at: new Date(to).toISOString(),
    closed: to <= NOW,
    prs: 10,
    flakes: 0,
    flakes_counted: 0,
    flakes_low: 0,
    flakes_high: 0,
    flakes_caused_by_pr: 0,
    flakes_undetermined: 0,
    strong: 0,
    weak: 0,
    prs_with_flakes: 0,
    left_out: '{}',
    target: 0.01,
    breached: false,
    breach_probability: 0.5,
    required_source: 'all',
    why: null,
    measured_at: new Date(Math.min(to, NOW)).toISOString(),
    ...values,
  }
}

export function aJob(values: Partial<NewRow<'job'>> = {}): NewRow<'job'> {
  return {
    repository_id: 1,
    job_id: 11,
    name: 'unit',
    source: 'check_run',
    app: 'ci',
    workflow: null,
    event: null,
    ...values,
  }
}

export function aFlake(values: Partial<NewRow<'flake'>> = {}): NewRow<'flake'> {
  return {
    repository_id: 1,
    head_sha: 'a'.repeat(40),
    job_id: 11,
    number: 5,
    base_ref: 'main',
    pass_order: 'pass_after_fail',
    grade: 'strong',
    runs: 2,
    retested: true,
    retested_by_bot: false,
    first_failed_at: '2026-02-03T09:00:00Z',
    flaked_at: '2026-02-03T10:00:00Z',
    incident: null,
    attribution: 'not_caused_by_pr',
    probability: 0.03,
    counted: true,
    evidence: null,
    definition_version: DEFINITION_VERSION,
    ...values,
  }
}

export function anIncident(values: Partial<NewRow<'incident'>> = {}): NewRow<'incident'> {
  return {
    repository_id: 1,
    week: '2026-02-02',
    incident: '2026-02-03T09:00:00Z',
    job_id: null,
    began_at: '2026-02-03T09:00:00Z',
    ended_at: '2026-02-03T10:00:00Z',
    rate: 0.8,
    jobs: JSON.stringify([11]),
    pull_requests: JSON.stringify([5]),
    failures: 4,
    on_trunk: false,
    ...values,
  }
}

export function aPullRequestEvent(
  values: Partial<NewRow<'pull_request_event'>> = {},
): NewRow<'pull_request_event'> {
  return {
    repository_id: 1,
    number: 5,
    reported_at: '2026-02-03T08:00:00Z',
    action: 'opened',
    head_sha: 'a'.repeat(40),
    head_ref: 'topic',
    head_repository_id: 1,
    base_ref: 'main',
    base_sha: 'b'.repeat(40),
    state: 'open',
    merged: false,
    draft: false,
    title: 'Add a thing',
    author: 'octocat',
    author_is_bot: false,
    labels: '[]',
    merge_sha: null,
    created_at: '2026-02-03T08:00:00Z',
    ...values,
  }
}

/** Empties the tables. A fresh database per test would take most of the time. */
export async function clear({ db }: OpenDatabase): Promise<void> {
  await sql`truncate repository, sla_window, job, flake, verdict, run, pull_request_event, comment, rerun_request,
    merge_group, workflow_run, flake_revision, outbox, delivery, tick`.execute(db)
}

export function aRun(values: Partial<NewRow<'run'>> = {}): NewRow<'run'> {
  return {
    repository_id: 1,
    kind: 'pull_request',
    number: 5,
    run_key: 'c/1',
    head_sha: 'a'.repeat(40),
    job_id: 11,
    outcome: 'pass',
    reason: null,
    base_ref: 'main',
    base_sha: 'b'.repeat(40),
    suite_id: null,
    url: null,
    started_at: '2026-02-03T08:30:00Z',
    completed_at: '2026-02-03T10:00:00Z',
    ...values,
  }
}

export function aVerdict(values: Partial<NewRow<'verdict'>> = {}): NewRow<'verdict'> {
  return {
    repository_id: 1,
    job_id: 11,
    head_sha: 'a'.repeat(40),
    kind: 'pull_request',
    number: 5,
    flaky: false,
    judged_at: '2026-02-03T10:00:00Z',
    ...values,
  }
}
