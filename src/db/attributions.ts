/** Stores the attributions of flakes where they changed, and records each change of a label as a revision. */
import { sql } from 'kysely'
import type { Attribution, AttributionLabel } from '../domain/attribution/attribution.ts'
import type { Correction } from '../domain/correction.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import type { Span } from './evidence.ts'
import { addRows } from './rows.ts'
import type { Db, Row } from './schema.ts'
import { markWindows } from './stale.ts'

/** A stored flake, with the name and workflow of its job. */
export type FlakeToAttribute = Pick<
  Row<'flake'>,
  | 'head_sha'
  | 'job_id'
  | 'number'
  | 'flaked_at'
  | 'first_failed_at'
  | 'incident'
  | 'attribution'
  | 'probability'
  | 'evidence'
  | 'correction'
  | 'definition_version'
> & { job: string; workflow: string | null }

/** Flakes of a job dated between two times (epoch ms, both inclusive), oldest first. */
export async function readFlakesToAttribute(
  db: Db,
  repositoryId: number,
  jobId: number,
  [from, to]: Span,
): Promise<FlakeToAttribute[]> {
  return db
    .selectFrom('flake as f')
    .innerJoin('job as j', (join) =>
      join.onRef('j.repository_id', '=', 'f.repository_id').onRef('j.job_id', '=', 'f.job_id'),
    )
    .select(['f.head_sha', 'f.job_id', 'f.number', 'f.flaked_at', 'f.first_failed_at', 'f.incident'])
    .select(['f.attribution', 'f.probability', 'f.evidence', 'f.correction', 'f.definition_version'])
    .select(['j.name as job', 'j.workflow'])
    .where('f.repository_id', '=', repositoryId)
    .where('f.job_id', '=', jobId)
    .where('f.flaked_at', '>=', iso(from))
    .where('f.flaked_at', '<=', iso(to))
    .orderBy('f.flaked_at')
    .orderBy('f.head_sha')
    .execute()
}

/** The times (RFC 3339) of the first and last flake of each job. */
export async function readFlakeSpans(
  db: Db,
  repositoryId: number,
): Promise<{ job_id: number; first: string; last: string }[]> {
  return db
    .selectFrom('flake')
    .select(({ fn }) => [
      'job_id',
      fn.min<string>('flaked_at').as('first'),
      fn.max<string>('flaked_at').as('last'),
    ])
    .where('repository_id', '=', repositoryId)
    .groupBy('job_id')
    .orderBy('job_id')
    .execute()
}

/** A flake with its new attribution by the model, and the correction that overrides it, if any. */
export interface AttributedFlake {
  flake: FlakeToAttribute
  attribution: Attribution
  correction: Correction | null
  incident: string | null
}

interface AttributionRow {
  head_sha: string
  job_id: number
  attribution: AttributionLabel
  probability: number
  counted: boolean
  evidence: object
  incident: string | null
  correction: Correction | null
}

/** Writes the attributions that changed and marks their windows. @param now epoch ms, the time of the revisions */
export async function writeAttributions(
  db: Db,
  repositoryId: number,
  attributed: readonly AttributedFlake[],
  now: number,
): Promise<void> {
  const revised = attributed
    .map((item) => ({ old: item.flake, row: rowOf(item) }))
    .filter(({ old, row }) => differs(old, row))
  if (revised.length === 0) return
  await sql`update flake set attribution = new.attribution, probability = new.probability, counted = new.counted,
      evidence = new.evidence, incident = new.incident, correction = new.correction,
      definition_version = ${DEFINITION_VERSION}
    from json_to_recordset(${JSON.stringify(revised.map(({ row }) => row))}::json) as new(head_sha text, job_id bigint,
      attribution text, probability double precision, counted boolean, evidence jsonb, incident text, correction jsonb)
    where flake.repository_id = ${repositoryId} and flake.head_sha = new.head_sha and flake.job_id = new.job_id`.execute(
    db,
  )
  const relabelled = revised.filter(
    ({ old, row }) => old.attribution !== null && old.attribution !== row.attribution,
  )
  await addRows(
    db,
    'flake_revision',
    relabelled.map(({ old, row }) => ({
      repository_id: repositoryId,
      head_sha: old.head_sha,
      job_id: old.job_id,
      revised_at: iso(now),
      old: old.attribution,
      new: row.attribution,
      old_probability: old.probability,
      new_probability: row.probability,
      why: whyOf(old, row),
    })),
  )
  await markWindows(
    db,
    repositoryId,
    revised.map(({ old }) => old.flaked_at),
    'verdict',
  )
}

function rowOf({ flake, attribution, correction, incident }: AttributedFlake): AttributionRow {
  const { head_sha, job_id } = flake
  const { label, probability, counted, evidence } = attribution
  if (correction === null)
    return { head_sha, job_id, attribution: label, probability, counted, evidence, incident, correction }
  const isMine = correction.says === 'mine'
  return {
    head_sha,
    job_id,
    attribution: isMine ? 'caused_by_pr' : 'not_caused_by_pr',
    probability: isMine ? 1 : 0,
    counted: !isMine,
    evidence: { ...evidence, model: { attribution: label, probability } },
    incident,
    correction,
  }
}

function differs(old: FlakeToAttribute, row: AttributionRow): boolean {
  return (
    old.definition_version !== DEFINITION_VERSION ||
    old.attribution !== row.attribution ||
    old.probability !== row.probability ||
    old.incident !== row.incident ||
    !isSame(old.correction, row.correction) ||
    !isSame(old.evidence, row.evidence)
  )
}

/** Whether two JSON values are equal in any order of keys. `jsonb` does not keep the order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return (a ?? null) === (b ?? null)
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))]
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  )
}

function whyOf(old: FlakeToAttribute, row: AttributionRow): string {
  if (!isSame(old.correction, row.correction)) {
    if (row.correction === null) return 'the correction was removed'
    return `corrected by ${row.correction.by}: ${row.correction.why}`
  }
  if (old.definition_version !== DEFINITION_VERSION) return `definitions version ${DEFINITION_VERSION}`
  return 'evidence from other runs'
}
