/** Which files a pull request changes, from the pushes to its branch. */
import type { BranchPush } from './facts.ts'

type Push = Pick<BranchPush, 'head_sha' | 'before_sha' | 'created' | 'files'>

/**
 * The files of the pushes that led to a head: back to the push that created the branch, or to a commit that an earlier pull request
 * of this branch merged. A branch name can be used again; what was pushed to it before belongs to others.
 * @param pushes those to the branch, at any time
 * @param merged heads with which earlier pull requests of the branch were merged
 * @returns sorted; null when a push or its list of files is not known
 */
export function pushedFiles(
  head: string,
  pushes: readonly Push[],
  merged: ReadonlySet<string>,
): string[] | null {
  const byHead = Map.groupBy(pushes, (push) => push.head_sha)
  const files = new Set<string>()
  const passed = new Set(merged)
  const open = [head]
  for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
    if (passed.has(sha)) continue
    passed.add(sha)
    const own = byHead.get(sha) ?? []
    if (own.length === 0 || own.some(isUnknown)) return null
    for (const push of own) {
      for (const file of push.files ?? []) files.add(file)
      if (!push.created) open.push(push.before_sha)
    }
  }
  return merged.has(head) ? null : [...files].sort()
}

function isUnknown({ created, before_sha, files }: Push): boolean {
  return files === null || (!created && before_sha === '')
}
