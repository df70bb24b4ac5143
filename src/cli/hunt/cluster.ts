/** `hunt --kubernetes IMAGE`: the runs are pods of an Indexed Job; two images are compared side by side. */
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
import { comparedOf, tellComparison, twoOf } from './compare.ts'
import { goalOf, type HuntOptions, parseDuration, whole } from './options.ts'

export interface OnCluster {
  settings: ClusterSettings & StopRule
  environment: Record<string, string>
  hunt: Hunt
}

/** Prints the manifest, and asks no cluster. */
export function printManifest(command: readonly string[], options: HuntOptions): void {
  const namespace = options.namespace ?? 'default'
  for (const image of imagesOf(options))
    process.stdout.write(stringify(jobManifest(settingsOf(image, command, options, namespace))))
}

/** @throws UserError when the options or the cluster do not allow it */
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

/** Both images at the same time, half of the pods each, so that what the cluster goes through hits both alike. */
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
  if (before && after) tellComparison(compare(before, after, goalOf(options).confidence), options)
}

function imagesOf({ kubernetes, compare: names }: HuntOptions): [string, ...string[]] {
  const [first, ...more] = typeof kubernetes === 'string' ? [kubernetes] : (names ?? [])
  if (first === undefined)
    throw new UserError('--kubernetes needs an image, like --kubernetes registry.example.org/tests:1')
  return [first, ...more]
}

const HERE_ONLY = ['isolate', 'stress', 'shuffleEnv'] as const
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/

function settingsOf(
  image: string,
  command: readonly string[],
  options: HuntOptions,
  namespace: string,
): ClusterSettings & StopRule {
  if (options.junit.length > 0)
    throw new UserError(
      '--junit reads reports where the runs are, which is a pod that is gone: leave it out with --kubernetes. The logs of failed pods are read.',
    )
  if (HERE_ONLY.some((name) => options[name] !== undefined))
    throw new UserError(
      '--isolate, --stress and --shuffle-env are for runs on this machine: leave them out with --kubernetes, which gives each run a pod of its own.',
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

/** A name that no hunt before it had, and that leaves room for the pods' own ends. */
function jobName(about: string): string {
  const words = about
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30)
    .replace(/-+$/, '')
  return `hunt-${words || 'flake-sla'}-${Date.now().toString(36)}`
}

function quantity(name: string, value: string | undefined): string | null {
  if (value === undefined || QUANTITY.test(value)) return value ?? null
  throw new UserError(`${name} ${value} is no amount. Write it as Kubernetes does, like 500m or 2Gi.`)
}
