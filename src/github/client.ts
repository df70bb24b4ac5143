/** Types of GitHub's client: an Octokit of an installation or of the app itself. */
import type { ProbotOctokit } from 'probot'

export type Octokit = InstanceType<typeof ProbotOctokit>

/** Reaches GitHub as one installation of the app. */
export interface GitHub {
  octokitOf(installationId: number): Promise<Octokit>
  /** Signed in as the app itself, for its installations and deliveries. It cannot read repositories. */
  appOctokit(): Promise<Octokit>
  /** The author of the app's comments: `<slug>[bot]`. */
  botLogin(): Promise<string>
}

/** A repository's owner and name, as the parameters of REST paths. */
export interface RepositoryPath {
  owner: string
  repo: string
}

/** Splits `owner/name`. */
export function pathOf(fullName: string): RepositoryPath {
  const [owner = '', repo = ''] = fullName.split('/')
  return { owner, repo }
}
