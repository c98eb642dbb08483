namespace CrunSharp.Registry;

/// <summary>What the host's files say about registries: containers-registries.conf(5), containers-auth.json(5), certs.d.</summary>
public sealed record RegistryConfiguration
{
    /// <summary>Reads nothing yet: each file is read when a registry is first asked.</summary>
    /// <param name="environment">Looks a variable up; the process's own by default.</param>
    public static RegistryConfiguration Load(Func<string, string?>? environment = null) =>
        new() { Environment = environment ?? System.Environment.GetEnvironmentVariable };

    /// <summary>HOME, XDG_CONFIG_HOME, XDG_RUNTIME_DIR, REGISTRY_AUTH_FILE, DOCKER_CONFIG, proxies and the like.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
