using CrunSharp.Oci;
using CrunSharp.Registry.Configuration;

namespace CrunSharp.Registry;

/// <summary>What the host's files and variables say about registries.</summary>
/// <remarks>containers-registries.conf(5), containers-auth.json(5), containers-certs.d(5). Each file is read when it is first needed.</remarks>
public sealed class RegistryConfiguration
{
    private readonly Lazy<IReadOnlyDictionary<string, RegistryRule>> _rules;

    public RegistryConfiguration() => _rules = new(ReadRules);

    /// <summary>HOME, XDG_CONFIG_HOME, XDG_RUNTIME_DIR, REGISTRY_AUTH_FILE, DOCKER_CONFIG, proxies and the like.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Where the host's own files are.</summary>
    public string SystemDirectory { get; init; } = "/etc";

    /// <summary>Where podman keeps the credentials of users without a runtime directory of their own.</summary>
    public string RuntimeDirectory { get; init; } = "/run";

    /// <summary>The user as the host knows them; inside a user namespace that is not whom the process is.</summary>
    public uint? UserId { get; init; }

    public RegistryLimits Limits { get; init; } = new();

    /// <param name="environment">Looks a variable up; the process's own by default.</param>
    public static RegistryConfiguration Load(Func<string, string?>? environment = null) =>
        new() { Environment = environment ?? System.Environment.GetEnvironmentVariable };

    /// <summary>Where to ask for <paramref name="reference"/>: mirrors in their order, the registry itself last.</summary>
    /// <exception cref="CrunException">The configuration blocks it, or cannot be used.</exception>
    public IReadOnlyList<RegistryEndpoint> EndpointsFor(Reference reference)
    {
        RegistryRule? best = null;
        foreach (RegistryRule rule in _rules.Value.Values)
        {
            int covers = rule.Covers(reference);

            // An exact prefix as long as a host beats a wildcard that stands for the same host.
            if (covers > 0 && (best is null || covers > best.Covers(reference) || (covers == best.Covers(reference) && best.Prefix[0] == '*')))
            {
                best = rule;
            }
        }

        if (best is null)
        {
            return [new RegistryEndpoint { Registry = reference.Registry, Repository = reference.Repository }];
        }

        if (best.Blocked)
        {
            throw new CrunException($"cannot pull '{reference}'", $"registries.conf blocks '{best.Prefix}'");
        }

        List<RegistryEndpoint> endpoints = [];
        foreach (RegistryMirror mirror in best.Mirrors)
        {
            bool serves = mirror.Use switch
            {
                MirrorUse.DigestOnly => reference.Digest is not null,
                MirrorUse.TagOnly => reference.Digest is null,
                _ => true,
            };
            if (serves)
            {
                endpoints.Add(best.At(reference, mirror.Location, mirror.Insecure) with { IsMirror = true });
            }
        }

        endpoints.Add(best.At(reference, best.Location, best.Insecure));
        return endpoints;
    }

    /// <summary>Whether the host's files allow plain http and unproved certificates for this host and port.</summary>
    internal bool IsInsecure(string registry) => _rules.Value.Values.Any(rule => rule.Insecure && (rule.Prefix == registry || rule.Location == registry));

    /// <summary>The user's directory for what XDG calls configuration, or null where there is no home.</summary>
    internal string? ConfigHome =>
        Variable("XDG_CONFIG_HOME") ?? (Home is { } home ? Path.Combine(home, ".config") : null);

    internal string? Home => Variable("HOME");

    internal string? Variable(string name) => Environment(name) is { Length: > 0 } value ? value : null;

    private Dictionary<string, RegistryRule> ReadRules()
    {
        Dictionary<string, RegistryRule> rules = new(StringComparer.Ordinal);
        foreach (string path in RuleFiles())
        {
            // A later file replaces whole entries: half of one and half of another would be nobody's intention.
            foreach (RegistryRule rule in RegistriesFile.Read(path))
            {
                rules[rule.Prefix] = rule;
            }
        }

        return rules;
    }

    private IEnumerable<string> RuleFiles()
    {
        string system = Path.Combine(SystemDirectory, "containers");
        string? user = ConfigHome is { } config ? Path.Combine(config, "containers") : null;
        if (Variable("CONTAINERS_REGISTRIES_CONF") is { } named)
        {
            yield return named;
        }
        else if (user is not null && File.Exists(Path.Combine(user, "registries.conf")))
        {
            yield return Path.Combine(user, "registries.conf");
        }
        else if (File.Exists(Path.Combine(system, "registries.conf")))
        {
            yield return Path.Combine(system, "registries.conf");
        }

        foreach (string? directory in (IEnumerable<string?>)[system, user])
        {
            string dropIns = Path.Combine(directory ?? "/", "registries.conf.d");
            if (directory is not null && Directory.Exists(dropIns))
            {
                foreach (string path in Directory.GetFiles(dropIns, "*.conf").Order(StringComparer.Ordinal))
                {
                    yield return path;
                }
            }
        }
    }
}
