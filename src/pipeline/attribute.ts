/** Attributes: judges again the flakes whose evidence changed. */
import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { lockRepository } from '../db/locks.ts'
import { addRows } from '../db/rows.ts'
import type { Row } from '../db/schema.ts'
import { type Attribution, attribute, EVIDENCE_REACH, type EvidenceVerdict } from '../domain/attribution.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'

type Flake = Pick<
  Row<'flake'>,
  'head_sha' | 'job_id' | 'number' | 'flaked_at' | 'attribution' | 'probability' | 'evidence'
>

/** Judges the flakes near every changed verdict of a repository. @returns how many marks were worked off */
export async function attributeNext(db: Db, repositoryId: number, now: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const marks = await sql<{ job_id: number; changed_at: string }>`delete from stale_verdict
      where repository_id = ${repositoryId} returning job_id, changed_at`.execute(trx)
    const times = new Map<number, number[]>()
    for (const mark of marks.rows) {
      const list = times.get(mark.job_id)
      if (list) list.push(Date.parse(mark.changed_at))
      else times.set(mark.job_id, [Date.parse(mark.changed_at)])
    }
    for (const [jobId, changed] of times) {
      for (const range of ranges(changed)) await attributeRange(trx, repositoryId, jobId, range, now)
    }
    return marks.rows.length
  })
}

/** Times (epoch ms) of flakes that the changed verdicts can be evidence for, overlapping ones joined. */
function ranges(changed: number[]): [from: number, to: number][] {
  const joined: [number, number][] = []
  for (const at of changed.sort((a, b) => a - b)) {
    const last = joined[joined.length - 1]
    const from = at - EVIDENCE_REACH.after
    const to = at + EVIDENCE_REACH.before
    if (last && from <= last[1]) last[1] = to
    else joined.push([from, to])
  }
  return joined
}

async function attributeRange(
  db: Db,
  repositoryId: number,
  jobId: number,
  [from, to]: [number, number],
  now: number,
): Promise<void> {
  const flakes =
    await sql<Flake>`select head_sha, job_id, number, flaked_at, attribution, probability, evidence from flake
    where repository_id = ${repositoryId} and job_id = ${jobId}
      and flaked_at >= ${iso(from)} and flaked_at <= ${iso(to)} order by flaked_at`.execute(db)
  if (flakes.rows.length === 0) return
  const verdicts = await readVerdicts(
    db,
    repositoryId,
    jobId,
    from - EVIDENCE_REACH.before,
    to + EVIDENCE_REACH.after,
  )
  const revised: { old: Flake; judged: Attribution }[] = []
  for (const old of flakes.rows) {
    const flakedAt = Date.parse(old.flaked_at)
    const judged = attribute(
      { number: old.number, headSha: old.head_sha, flakedAt },
      near(verdicts, flakedAt),
    )
    if (differs(old, judged)) revised.push({ old, judged })
  }
  await writeAttributions(db, repositoryId, revised, now)
}

async function readVerdicts(
  db: Db,
  repositoryId: number,
  jobId: number,
  from: number,
  to: number,
): Promise<EvidenceVerdict[]> {
  const rows = await sql<
    Row<'verdict'>
  >`select * from verdict where repository_id = ${repositoryId} and job_id = ${jobId}
    and judged_at >= ${iso(from)} and judged_at <= ${iso(to)} order by judged_at, head_sha`.execute(db)
  return rows.rows.map((row) => ({
    headSha: row.head_sha,
    number: row.number,
    flaky: row.flaky,
    judgedAt: Date.parse(row.judged_at),
    failedAt: null,
    incident: null,
  }))
}

/** The part of the sorted verdicts that can be evidence for a flake at `flakedAt`. */
function near(verdicts: readonly EvidenceVerdict[], flakedAt: number): EvidenceVerdict[] {
  return verdicts.slice(
    firstFrom(verdicts, flakedAt - EVIDENCE_REACH.before),
    firstFrom(verdicts, flakedAt + EVIDENCE_REACH.after + 1),
  )
}

function firstFrom(verdicts: readonly EvidenceVerdict[], at: number): number {
  let low = 0
  let high = verdicts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((verdicts[middle] as EvidenceVerdict).judgedAt < at) low = middle + 1
    else high = middle
  }
  return low
}

function differs(old: Flake, judged: Attribution): boolean {
  return (
    old.attribution !== judged.label ||
    old.probability !== judged.probability ||
    Object.entries(judged.evidence).some(
      ([key, value]) => JSON.stringify(old.evidence?.[key]) !== JSON.stringify(value),
    )
  )
}

async function writeAttributions(
  db: Db,
  repositoryId: number,
  revised: readonly { old: Flake; judged: Attribution }[],
  now: number,
): Promise<void> {
  if (revised.length === 0) return
  const rows = revised.map(({ old, judged }) => ({
    head_sha: old.head_sha,
    job_id: old.job_id,
    attribution: judged.label,
    probability: judged.probability,
    counted: judged.counted,
    evidence: judged.evidence,
  }))
  await sql`update flake set attribution = new.attribution, probability = new.probability, counted = new.counted,
      evidence = new.evidence, definition_version = ${DEFINITION_VERSION}
    from json_to_recordset(${JSON.stringify(rows)}::json) as new(head_sha text, job_id bigint, attribution text,
      probability double precision, counted boolean, evidence jsonb)
    where flake.repository_id = ${repositoryId} and flake.head_sha = new.head_sha and flake.job_id = new.job_id`.execute(
    db,
  )
  const relabelled = revised.filter(
    ({ old, judged }) => old.attribution !== null && old.attribution !== judged.label,
  )
  for (const { old, judged } of relabelled) {
    await db
      .insertInto('flake_revision')
      .values({
        repository_id: repositoryId,
        head_sha: old.head_sha,
        job_id: old.job_id,
        revised_at: iso(now),
        old: old.attribution,
        new: judged.label,
        old_probability: old.probability,
        new_probability: judged.probability,
        why: 'evidence from other runs',
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  await addRows(
    db,
    'stale_window',
    revised.map(({ old }) => ({ repository_id: repositoryId, changed_at: old.flaked_at, why: 'verdict' })),
  )
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
