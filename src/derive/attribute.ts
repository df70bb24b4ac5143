/** Attributes: judges again the flakes whose evidence changed. */

import { sql } from 'kysely'
import { type FlakeToAttribute, writeAttributions } from '../db/attributions.ts'
import { readCorrections } from '../db/corrections.ts'
import { readHistories, readIncidents, readRepositoryModels, type Span } from '../db/evidence.ts'
import { lockRepository } from '../db/locks.ts'
import { readPullRequests, readRelated } from '../db/pull-request-table.ts'
import type { Db } from '../db/schema.ts'
import { attribute } from '../domain/attribution/attribution.ts'
import { changedOf } from '../domain/attribution/changed-files.ts'
import { EVIDENCE_REACH, type EvidenceVerdict, type Relation } from '../domain/attribution/evidence.ts'
import { incidentAt } from '../domain/attribution/incident.ts'
import { evidenceOf, firstTimeOf, incidentId, weekOf } from '../domain/attribution/week.ts'
import { correctionFor } from '../domain/correction.ts'
import type { Settings } from '../domain/settings.ts'
import { iso } from '../domain/time.ts'
import { MARKED_SPAN } from './stale-marks.ts'

/** Judges the flakes near every changed verdict of a repository. */
export async function attributeNext(
  db: Db,
  repositoryId: number,
  settings: Settings,
  now: number,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    // History that is read in leaves a mark a verdict, and many at one time: not all of them fit into memory.
    const marks = await sql<{ job_id: number; changed_at: string }>`with gone as (delete from stale_verdict
      where repository_id = ${repositoryId} returning job_id, changed_at)
      select distinct job_id, changed_at from gone`.execute(trx)
    const times = Map.groupBy(marks.rows, (mark) => mark.job_id)
    for (const [jobId, changed] of times) {
      for (const range of rangesOf(changed.map((mark) => Date.parse(mark.changed_at))))
        await attributeRange(trx, repositoryId, jobId, range, { settings, now })
    }
  })
}

/** Times (epoch ms) of flakes that the verdicts changed since these marks can be evidence for, overlapping ones joined. */
function rangesOf(changed: number[]): Span[] {
  const joined: [number, number][] = []
  for (const at of changed.sort((a, b) => a - b)) {
    const last = joined[joined.length - 1]
    const from = at - EVIDENCE_REACH.after
    const to = at + MARKED_SPAN + EVIDENCE_REACH.before
    if (last && from <= last[1]) last[1] = to
    else joined.push([from, to])
  }
  return joined
}

/** Judges the flakes of one job that showed in the range, both ends with it. @returns how many there were */
export async function attributeRange(
  db: Db,
  repositoryId: number,
  jobId: number,
  [from, to]: Span,
  { settings, now }: { settings: Settings; now: number },
): Promise<number> {
  const { rows: flakes } = await sql<FlakeToAttribute>`select f.head_sha, f.job_id, f.number, f.flaked_at,
      f.first_failed_at, f.incident, f.attribution, f.probability, f.evidence, f.correction, f.definition_version, j.name as job, j.workflow
    from flake f join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repositoryId} and f.job_id = ${jobId}
      and f.flaked_at >= ${iso(from)} and f.flaked_at <= ${iso(to)} order by f.flaked_at, f.head_sha`.execute(
    db,
  )
  if (flakes.length === 0) return 0
  const around: Span = [from - EVIDENCE_REACH.before, to + EVIDENCE_REACH.after]
  const histories = await readHistories(db, repositoryId, [jobId], around)
  const began = firstTimeOf(histories, around[0])
  const incidents = await readIncidents(db, repositoryId, [began, around[1]])
  const [history] = histories
  const seen = history ? evidenceOf(history, incidents) : []
  const about = await readAbout(db, repositoryId, flakes, seen, settings)
  const verdicts = seen.map((verdict): EvidenceVerdict => {
    const { number, flaky, judgedAt } = verdict
    const correction = flaky && number !== null ? about.correctionOf(number, judgedAt)?.says : undefined
    return correction ? { ...verdict, correction } : verdict
  })
  const judged = flakes.map((flake) => {
    const flakedAt = Date.parse(flake.flaked_at)
    const { number, head_sha: headSha } = flake
    const incident = incidentAt(incidents, jobId, Date.parse(flake.first_failed_at))
    return {
      flake,
      incident: incident ? incidentId(incident) : null,
      correction: about.correctionOf(number, flakedAt),
      attribution: attribute({ number, headSha, flakedAt }, near(verdicts, flakedAt), {
        model: about.model(flakedAt),
        related: about.relatedTo(number),
        changed: about.changed(number),
        mergedAt: about.mergedAt(number),
      }),
    }
  })
  await writeAttributions(db, repositoryId, judged, now)
  return flakes.length
}

/** What is known of the flakes' pull requests, of the repository when they flaked, and what people said. */
async function readAbout(
  db: Db,
  repositoryId: number,
  flakes: readonly FlakeToAttribute[],
  verdicts: readonly EvidenceVerdict[],
  { attribution }: Settings,
) {
  const numbers = [...new Set(flakes.map((flake) => flake.number))]
  const weeks = [...new Set(flakes.map((flake) => dayOf(weekOf(Date.parse(flake.flaked_at)))))]
  const models = await readRepositoryModels(db, repositoryId, weeks)
  const pullRequests = await readPullRequests(db, repositoryId, numbers)
  const known = new Map(pullRequests.map((one) => [one.number, one]))
  const flaky = new Set(verdicts.flatMap((one) => (one.flaky ? (one.number ?? []) : [])))
  const corrections = await readCorrections(db, repositoryId, [...flaky])
  const job = flakes[0]?.job ?? ''
  const related = await readRelated(db, repositoryId, numbers)
  const byAuthor = attribution.sameAuthorIsIndependent
    ? new Map<string, [number, Relation][]>()
    : await readAuthors(db, repositoryId, verdicts)
  return {
    relatedTo: (number: number): Map<number, Relation> =>
      new Map([...(byAuthor.get(known.get(number)?.author ?? '') ?? []), ...(related.get(number) ?? [])]),
    changed: (number: number) => {
      const files = known.get(number)?.files ?? null
      const { job: name = '', workflow = null } = flakes[0] ?? {}
      return changedOf(files === null ? null : JSON.parse(files), { name, workflow }, attribution.paths)
    },
    model: (at: number) => models(dayOf(weekOf(at))),
    mergedAt: (number: number) => {
      const at = known.get(number)?.merged_at
      return at ? Date.parse(at) : null
    },
    correctionOf: (number: number, flakedAt: number) =>
      correctionFor(corrections.get(number) ?? [], { job, flakedAt }),
  }
}

/** The pull requests of each author among these verdicts. */
async function readAuthors(
  db: Db,
  repositoryId: number,
  verdicts: readonly EvidenceVerdict[],
): Promise<Map<string, [number, Relation][]>> {
  const all = await readPullRequests(db, repositoryId, [
    ...new Set(verdicts.flatMap((one) => one.number ?? [])),
  ])
  const authors = Map.groupBy(all, (one) => one.author)
  return new Map([...authors].map(([author, own]) => [author, own.map((one) => [one.number, 'author'])]))
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

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
