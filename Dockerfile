# The released image: the program, and the certificates to reach an object store by. Made from nothing, so that
# building it needs no registry.
FROM scratch
ARG TARGETPLATFORM
COPY bin/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY $TARGETPLATFORM/drillgres /usr/bin/drillgres
# The work directory, which the sandbox mounts: it must have the same path on the host.
ENV HOME=/tmp XDG_CACHE_HOME=/var/cache
WORKDIR /tmp
WORKDIR /work
ENTRYPOINT ["/usr/bin/drillgres"]
