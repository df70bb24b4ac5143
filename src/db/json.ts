/** Stored windows and flakes as JSON, with the field names that people script against: the command line and the API use both. */
import { slaOf } from '../domain/sla.ts'
import type { Row } from './schema.ts'
import { countsOf } from './sla.ts'

export type WindowJson = ReturnType<typeof windowJson>
export type FlakeJson = ReturnType<typeof flakeJson>

/** A window. Rates follow from the stored counts and are computed here. */
export function windowJson(row: Row<'sla_window'>) {
  const { flakes_low: _low, flakes_high: _high, ...sla } = slaOf(countsOf(row))
  const { start, closed, left_out, definition_version, revision } = row
  return { start, partial: !closed, ...sla, left_out, definition_version, revision }
}

/** A flake with its job. Times are RFC 3339 in UTC; attribution and probability are null until the flake is attributed. */
export function flakeJson(row: Row<'flake'> & Pick<Row<'job'>, 'name' | 'app'>) {
  return {
    pull_request: row.number,
    head_sha: row.head_sha,
    job: row.name,
    app: row.app,
    order: row.pass_order,
    grade: row.grade,
    first_failed_at: row.first_failed_at,
    flaked_at: row.flaked_at,
    runs: row.runs,
    retested: row.retested,
    incident: row.incident,
    attribution: row.attribution,
    probability_caused_by_pr: row.probability,
    counted: row.counted,
    evidence: row.evidence,
  }
}
