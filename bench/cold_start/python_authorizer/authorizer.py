"""The kind of authorizer that people start with: PyJWT, a certificate's key, a policy for one method."""
import os

import jwt
from cryptography.x509 import load_pem_x509_certificate


def policy(principal, arn):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": [arn]}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def authorize(event):
    scheme, _, token = event["authorizationToken"].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise PermissionError("Unauthorized")
    certificate = load_pem_x509_certificate(os.environ["AUTH0_CLIENT_PUBLIC_KEY"].encode())
    try:
        claims = jwt.decode(
            token, certificate.public_key(), algorithms=["RS256"], audience=os.environ["AUTH0_CLIENT_ID"]
        )
    except jwt.InvalidTokenError as refusal:
        raise PermissionError("Unauthorized") from refusal
    return policy(claims["sub"], event["methodArn"])
