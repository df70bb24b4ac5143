/** `hunt --kubernetes IMAGE`: the runs are pods of an Indexed Job. With --compare, two images run in parallel. */
import { answerOf, compare, type Hunt, type HuntAnswer, type StopRule } from '@flake-sla/hunt'
import {
  type ClusterHooks,
  type ClusterSettings,
  huntOnCluster,
  jobManifest,
  openCluster,
} from '@flake-sla/hunt/kubernetes'
import { stringify } from 'yaml'
import { UserError } from '../../domain/user-error.ts'
import { comparedOf, printComparison, twoOf } from './compare.ts'
import { goalOf, type HuntOptions, parseDuration, whole } from './options.ts'

export interface OnCluster {
  settings: ClusterSettings & StopRule
  environment: Record<string, string>
  hunt: Hunt
}

/** Prints the manifest without contacting a cluster. */
export function printManifest(command: readonly string[], options: HuntOptions): void {
  const namespace = options.namespace ?? 'default'
  for (const image of imagesOf(options))
    process.stdout.write(stringify(jobManifest(settingsOf(image, command, options, namespace))))
}

/** Runs the hunt. @throws UserError for invalid options, and when the cluster refuses */
export async function huntCluster(
  command: readonly string[],
  options: HuntOptions,
  hooks: ClusterHooks,
): Promise<OnCluster> {
  const [image] = imagesOf(options)
  const { cluster, namespace } = await openCluster(options.context ?? null)
  const settings = settingsOf(image, command, options, options.namespace ?? namespace)
  const { hunt, images } = await huntOnCluster(cluster, settings, hooks)
  const nodes = new Set(hunt.runs.flatMap((run) => run.node ?? []))
  return {
    settings,
    hunt,
    environment: {
      image: images.join(', ') || image,
      nodes: String(nodes.size),
      namespace: settings.namespace,
    },
  }
}

/** Runs both images at the same time with half of the pods each, so that changes in the cluster affect both equally. */
export async function compareImages(
  command: readonly string[],
  options: HuntOptions,
  hooks: ClusterHooks,
): Promise<void> {
  const names = twoOf(options)
  const { cluster, namespace } = await openCluster(options.context ?? null)
  const answers = await Promise.all(
    names.map(async (image, i): Promise<HuntAnswer> => {
      const settings = settingsOf(image, command, options, options.namespace ?? namespace)
      const half = {
        ...settings,
        name: `${settings.name}-${'ab'[i]}`,
        parallel: Math.max(1, Math.floor(settings.parallel / 2)),
        allRuns: true,
      }
      return answerOf((await huntOnCluster(cluster, half, hooks)).hunt)
    }),
  )
  const [before, after] = answers.map((answer, i) => comparedOf(names[i] ?? '', answer))
  if (before && after) printComparison(compare(before, after, goalOf(options).confidence), options)
}

function imagesOf({ kubernetes, compare: names }: HuntOptions): [string, ...string[]] {
  const [first, ...more] = typeof kubernetes === 'string' ? [kubernetes] : (names ?? [])
  if (first === undefined)
    throw new UserError('--kubernetes needs an image, like --kubernetes registry.example.org/tests:1.')
  return [first, ...more]
}

const LOCAL_ONLY = ['isolate', 'stress', 'shuffleEnv'] as const
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/

function settingsOf(
  image: string,
  command: readonly string[],
  options: HuntOptions,
  namespace: string,
): ClusterSettings & StopRule {
  if (options.junit.length > 0)
    throw new UserError(
      '--junit only works for runs on this machine. Leave it out with --kubernetes: the logs of failed pods are read.',
    )
  if (LOCAL_ONLY.some((name) => options[name] !== undefined))
    throw new UserError(
      '--isolate, --stress and --shuffle-env only work for runs on this machine. Leave them out with --kubernetes: each run has its own pod.',
    )
  return {
    name: jobName(options.name ?? options.job ?? 'flake-sla'),
    namespace,
    image,
    command: command.length === 1 && /\s/.test(command[0] ?? '') ? ['/bin/sh', '-c', ...command] : command,
    runs: whole('--runs', options.runs, 100_000),
    parallel: whole('--parallel', options.parallel, 10_000),
    timeoutMs: parseDuration('--timeout', options.timeout),
    cpu: quantity('--cpu', options.cpu),
    memory: quantity('--memory', options.memory),
    goal: goalOf(options),
    untilFailure: options.untilFailure ?? false,
    allRuns: options.allRuns ?? false,
  }
}

/** A unique name that leaves room for the suffixes of the pods' names. */
function jobName(label: string): string {
  const slug = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30)
    .replace(/-+$/, '')
  return `hunt-${slug || 'flake-sla'}-${Date.now().toString(36)}`
}

function quantity(name: string, value: string | undefined): string | null {
  if (value === undefined || QUANTITY.test(value)) return value ?? null
  throw new UserError(`${name} ${value} is not a Kubernetes quantity. Write it like 500m or 2Gi.`)
}
