using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>Kernel settings of the container's own namespaces; those of its host are refused.</summary>
internal static class SysctlChoice
{
    public static IReadOnlyDictionary<string, string> Of(RunOptions options, BundleFacts facts)
    {
        Dictionary<string, string> settings = [];
        if (options.Network.IsPrivate)
        {
            // Programs that are not root may ping and serve port 80: the namespace is theirs alone.
            settings["net.ipv4.ip_unprivileged_port_start"] = "0";
            if (facts.Rootful && options.UserNamespace is null)
            {
                settings["net.ipv4.ping_group_range"] = "0 2147483647";
            }
            else if (!facts.Rootful)
            {
                // In a user namespace the kernel takes mapped groups only; an ordinary user's containers keep all of them.
                settings["net.ipv4.ping_group_range"] = $"0 {Math.Min(facts.MappedGids - 1, int.MaxValue)}";
            }
        }

        foreach ((string name, string value) in options.Sysctls)
        {
            Check(name, value, options);
            settings[name.Contains('/') ? name : name.Trim()] = value;
        }

        return settings;
    }

    private static void Check(string name, string value, RunOptions options)
    {
        NamespaceChoice? choice = Sysctl.OwnerOf(Sysctl.PathOf(name)) switch
        {
            NamespaceType.Network => options.Network,
            NamespaceType.Ipc => options.Ipc,
            NamespaceType.Uts => options.Uts,
            _ => null,
        };
        if (choice is null)
        {
            throw new CrunException($"cannot use --sysctl '{name}'", "it is a setting of the whole host, not of a namespace");
        }

        if (choice.IsHost)
        {
            throw new CrunException($"cannot use --sysctl '{name}'", "the container shares its host's namespace, whose setting it would change");
        }

        if (value.AsSpan().ContainsAny('\0', '\n'))
        {
            throw new CrunException($"cannot use --sysctl '{name}'", "its value is not one line");
        }
    }
}
