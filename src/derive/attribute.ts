/** Attributes: computes again whose fault the flakes are whose evidence changed. */
import { type FlakeToAttribute, readFlakesToAttribute, writeAttributions } from '../db/attributions.ts'
import { readCorrections } from '../db/corrections.ts'
import { readHistories, readIncidents, readRepositoryModels, type Span } from '../db/evidence.ts'
import { readHorizon } from '../db/horizon.ts'
import { lockRepository } from '../db/locks.ts'
import { readPullRequests, readRelated } from '../db/pull-request-table.ts'
import type { Db } from '../db/schema.ts'
import { takeStaleVerdicts } from '../db/stale.ts'
import { attribute } from '../domain/attribution/attribution.ts'
import { changedOf } from '../domain/attribution/changed-files.ts'
import { EVIDENCE_REACH, type EvidenceVerdict, type Relation } from '../domain/attribution/evidence.ts'
import { incidentAt } from '../domain/attribution/incident.ts'
import { evidenceOf, firstTimeOf, incidentId, weekOf } from '../domain/attribution/week.ts'
import { correctionFor } from '../domain/correction.ts'
import type { Settings } from '../domain/settings.ts'
import { iso } from '../domain/time.ts'
import { keepFrozen } from './frozen.ts'
import { MARK_SPAN } from './stale-marks.ts'

/** Attributes the flakes near every changed verdict of a repository. @param now epoch ms, for the revisions */
export async function attributeNext(
  db: Db,
  repositoryId: number,
  settings: Settings,
  now: number,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const marks = await takeStaleVerdicts(trx, repositoryId)
    for (const [jobId, ofJob] of Map.groupBy(marks, (mark) => mark.job_id)) {
      for (const range of rangesOf(ofJob.map((mark) => Date.parse(mark.changed_at))))
        await attributeRange(trx, repositoryId, jobId, range, { settings, now })
    }
  })
}

/** The times (epoch ms) of flakes for which verdicts that changed at these times can be evidence; overlapping ranges are joined. */
function rangesOf(changed: number[]): Span[] {
  const joined: [number, number][] = []
  for (const at of changed.sort((a, b) => a - b)) {
    const last = joined[joined.length - 1]
    const from = at - EVIDENCE_REACH.after
    const to = at + MARK_SPAN + EVIDENCE_REACH.before
    if (last && from <= last[1]) last[1] = to
    else joined.push([from, to])
  }
  return joined
}

/** Attributes the flakes of one job dated within the range (epoch ms, both inclusive). @returns how many there were */
export async function attributeRange(
  db: Db,
  repositoryId: number,
  jobId: number,
  range: Span,
  { settings, now }: { settings: Settings; now: number },
): Promise<number> {
  const flakes = await readFlakesToAttribute(db, repositoryId, jobId, range)
  if (flakes.length === 0) return 0
  const around: Span = [range[0] - EVIDENCE_REACH.before, range[1] + EVIDENCE_REACH.after]
  const [history] = await readHistories(db, repositoryId, [jobId], around)
  const began = firstTimeOf(history ? [history] : [], around[0])
  const incidents = await readIncidents(db, repositoryId, [began, around[1]])
  const evidence = history ? evidenceOf(history, incidents) : []
  const circumstances = await readCircumstances(db, repositoryId, flakes, evidence, settings)
  const verdicts = evidence.map((verdict) => withCorrection(verdict, circumstances.correctionOf))
  const attributed = flakes.map((flake) => {
    const flakedAt = Date.parse(flake.flaked_at)
    const { number, head_sha: headSha } = flake
    const incident = incidentAt(incidents, jobId, Date.parse(flake.first_failed_at))
    return {
      flake,
      incident: incident ? incidentId(incident) : null,
      correction: circumstances.correctionOf(number, flakedAt),
      attribution: attribute({ number, headSha, flakedAt }, near(verdicts, flakedAt), {
        model: circumstances.model(flakedAt),
        related: circumstances.relatedTo(number),
        changed: circumstances.changed(number),
        mergedAt: circumstances.mergedAt(number),
      }),
    }
  })
  const horizon = await readHorizon(db, repositoryId)
  await writeAttributions(db, repositoryId, keepFrozen(attributed, horizon), now)
  return flakes.length
}

type Circumstances = Awaited<ReturnType<typeof readCircumstances>>

function withCorrection(
  verdict: EvidenceVerdict,
  correctionOf: Circumstances['correctionOf'],
): EvidenceVerdict {
  const { number, flaky, judgedAt } = verdict
  const says = flaky && number !== null ? correctionOf(number, judgedAt)?.says : undefined
  return says ? { ...verdict, correction: says } : verdict
}

/** What attribution takes into account besides verdicts: pull requests, repository models and corrections. */
async function readCircumstances(
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
  const byNumber = new Map(pullRequests.map((pullRequest) => [pullRequest.number, pullRequest]))
  const flaky = new Set(verdicts.flatMap(({ flaky, number }) => (flaky ? (number ?? []) : [])))
  const corrections = await readCorrections(db, repositoryId, [...flaky])
  const job = flakes[0]?.job ?? ''
  const related = await readRelated(db, repositoryId, numbers)
  const byAuthor = attribution.sameAuthorIsIndependent
    ? new Map<string, [number, Relation][]>()
    : await readAuthors(db, repositoryId, verdicts)
  return {
    relatedTo: (number: number): Map<number, Relation> =>
      new Map([...(byAuthor.get(byNumber.get(number)?.author ?? '') ?? []), ...(related.get(number) ?? [])]),
    changed: (number: number) => {
      const files = byNumber.get(number)?.files ?? null
      const { job: name = '', workflow = null } = flakes[0] ?? {}
      return changedOf(files === null ? null : JSON.parse(files), { name, workflow }, attribution.paths)
    },
    model: (at: number) => models(dayOf(weekOf(at))),
    mergedAt: (number: number) => {
      const at = byNumber.get(number)?.merged_at
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
    ...new Set(verdicts.flatMap((verdict) => verdict.number ?? [])),
  ])
  const authors = Map.groupBy(all, (pullRequest) => pullRequest.author)
  return new Map([...authors].map(([author, own]) => [author, own.map(({ number }) => [number, 'author'])]))
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
  return iso(at).slice(0, 10)
}
