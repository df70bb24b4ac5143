/** Signed addresses of a private repository's pictures. Image proxies send no cookie, so the address contains a key. */
import { isSignedBy, sign } from './auth/secrets.ts'

export type Picture = 'badge' | 'trend'

/** The key that opens one picture of one repository. It is valid until the secret changes. */
export function pictureKey(secret: string, repositoryId: number, picture: Picture): string {
  return sign(secret, 'picture', `${picture}/${repositoryId}`)
}

/** Whether `key` opens this picture. */
export function opensPicture(secret: string, repositoryId: number, picture: Picture, key: string): boolean {
  return isSignedBy(secret, 'picture', `${picture}/${repositoryId}`, key)
}
