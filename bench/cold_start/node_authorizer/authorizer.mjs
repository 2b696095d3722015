// The authorizer that aws-jwt-verify's README leads to, with the key set in its cache from the start.
import {JwtRsaVerifier} from 'aws-jwt-verify';

const verifier = JwtRsaVerifier.create({
  issuer: process.env.ISSUER,
  audience: process.env.AUTH0_CLIENT_ID,
  jwksUri: 'https://keys.invalid/jwks.json',  // never asked: the cache below has the key
});
verifier.cacheJwks(JSON.parse(process.env.JWKS));

export async function authorize(event) {
  const [scheme, token] = event.authorizationToken.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || !token) throw new Error('Unauthorized');
  let claims;
  try {
    claims = await verifier.verify(token);
  } catch {
    throw new Error('Unauthorized');
  }
  const Statement = [{Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [event.methodArn]}];
  return {principalId: claims.sub, policyDocument: {Version: '2012-10-17', Statement}};
}
