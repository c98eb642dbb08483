# A real registry on loopback: sourced by scripts.
#   registry_start STORAGE    sets REGISTRY to host:port; the caller's EXIT trap calls registry_stop

registry_start() {
	registry_work=$(mktemp -d)
	mkdir -p "$1"
	local attempt
	for attempt in 1 2 3 4 5 6 7 8; do
		# A port that was free a moment ago may be taken: then the next one.
		REGISTRY=127.0.0.1:$((20000 + RANDOM % 12000))
		cat >"$registry_work/config.yml" <<-END
			version: 0.1
			log: { accesslog: { disabled: true }, level: error }
			storage: { filesystem: { rootdirectory: "$1" } }
			http: { addr: "$REGISTRY" }
		END
		docker-registry serve "$registry_work/config.yml" >"$registry_work/log" 2>&1 &
		registry_pid=$!
		local tick
		for tick in $(seq 100); do
			kill -0 $registry_pid 2>/dev/null || continue 2
			(exec 3<>"/dev/tcp/${REGISTRY%:*}/${REGISTRY#*:}") 2>/dev/null && return 0
			sleep 0.05
		done
		registry_stop
	done
	echo "docker-registry did not start:" >&2
	cat "$registry_work/log" >&2
	return 1
}

registry_stop() {
	# It ends by our signal, and that is no failure: under set -e it would end the caller's trap too.
	[ -z "${registry_pid:-}" ] || kill "$registry_pid" 2>/dev/null || true
	[ -z "${registry_pid:-}" ] || wait "$registry_pid" 2>/dev/null || true
	registry_pid=
	rm -rf "${registry_work:-}"
	return 0
}
