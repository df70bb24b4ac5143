/**
 * Branches that merge queues make for the commits they test. Their runs are evidence about a job, and test no single pull request.
 * The pull requests that some queues open for these branches are no presubmits either.
 */

/** Beginnings of branch names that only a merge queue uses. */
const QUEUE_PREFIXES = [
  // GitHub: docs.github.com, "Managing a merge queue".
  'gh-readonly-queue/',
  // Mergify: docs.mergify.com, setting queue_branch_prefix.
  'mergify/merge-queue/',
  // Graphite opens draft pull requests from such branches.
  'gtmq_',
  // Trunk: docs.trunk.io/merge-queue.
  'trunk-merge/',
] as const

/** Branches of bors-ng (bors.tech) and homu (rust-lang/homu). Other projects use these names for other things. */
const BORS_BRANCHES: ReadonlySet<string> = new Set([
  'staging',
  'staging.tmp',
  'trying',
  'trying.tmp',
  'auto',
  'try',
])

/** Whether a branch is one that a merge queue made for the commit it tests. */
export function isQueueBranch(branch: string): boolean {
  return QUEUE_PREFIXES.some((prefix) => branch.startsWith(prefix))
}

/** Whether a branch may be one of bors: then its commit is the head of no pull request, because bors makes it by a merge. */
export function isBorsBranch(branch: string): boolean {
  return BORS_BRANCHES.has(branch)
}
