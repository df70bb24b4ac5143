/** What stays as it was once the facts behind it were deleted. */
import { type AttributedFlake, isSame } from '../db/attributions.ts'
import { type AttributionLabel, isCounted } from '../domain/attribution/attribution.ts'
import type { Evidence } from '../domain/attribution/evidence.ts'
import type { CountedFlake, SlaCounts } from '../domain/sla.ts'
import { countFlakes } from '../domain/sla.ts'

/**
 * Attributions to write, where flakes before `horizon` (epoch ms) keep what the model said when their evidence was complete. Only a
 * correction by a person changes them.
 */
export function keepFrozen(
  attributed: readonly AttributedFlake[],
  horizon: number | null,
): AttributedFlake[] {
  if (horizon === null) return [...attributed]
  return attributed.flatMap((item) => {
    const { flake, correction } = item
    if (Date.parse(flake.flaked_at) >= horizon || flake.attribution === null) return [item]
    return isSame(flake.correction, correction) ? [] : [{ ...item, ...modelOf(flake) }]
  })
}

/** What the model said about a stored flake, which a correction may hide. */
function modelOf({ attribution, probability, evidence, incident }: AttributedFlake['flake']) {
  const { model, ...rest } = (evidence ?? {}) as Partial<Evidence> & {
    model?: { attribution: AttributionLabel; probability: number }
  }
  const kept = rest as Evidence
  const said = model ?? { attribution: attribution ?? 'undetermined', probability: probability ?? 0 }
  return {
    incident,
    attribution: {
      label: said.attribution,
      probability: said.probability,
      counted: isCounted(said.probability, kept),
      evidence: kept,
    },
  }
}

/** Counts that do not depend on attribution. */
const UNATTRIBUTED = ['flakes', 'strong', 'weak', 'prs_with_flakes'] as const

/**
 * The counts of a window whose runs were deleted: as stored, with the attributions of today. If its flakes are not those that
 * were counted, because other jobs count by now, it stays as stored.
 */
export function frozenCounts(stored: SlaCounts, flakes: readonly CountedFlake[]): SlaCounts {
  const counts = countFlakes(stored.prs, flakes, stored.target)
  return UNATTRIBUTED.every((key) => counts[key] === stored[key]) ? counts : stored
}
