/** Addresses of pictures of private repositories: image proxies bring no cookie, so the address itself is the key. */
import { isSignedBy, sign } from './auth/secrets.ts'

export type Picture = 'badge' | 'trend'

/** The key that opens one picture of one repository. It holds until the secret is changed. */
export function pictureKey(secret: string, repositoryId: number, picture: Picture): string {
  return sign(secret, 'picture', `${picture}/${repositoryId}`)
}

/** Whether `key` opens that picture. */
export function opensPicture(secret: string, repositoryId: number, picture: Picture, key: string): boolean {
  return isSignedBy(secret, 'picture', `${picture}/${repositoryId}`, key)
}
