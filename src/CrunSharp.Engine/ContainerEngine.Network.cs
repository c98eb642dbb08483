using CrunSharp.Bundles;
using CrunSharp.Networks;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>The running container whose network is to be shared; null when none is.</summary>
    private Container? NetworkOwner(RunRequest request)
    {
        if (request.Network is not { Kind: NetworkKind.Container, Container: { } name })
        {
            return null;
        }

        if (request.Options.Hostname is not null)
        {
            throw new CrunException("cannot use --hostname with --network container:", "the name belongs to the network's addresses, which are another container's");
        }

        Container owner = Containers.Get(name);
        return owner.IsRunning && owner.Record.Process is not null
            ? owner
            : throw new CrunException($"cannot join the network of container '{name}'", "it is not running") { Hints = ["crun-sharp ps -a"] };
    }

    private static RunOptions WithNetwork(RunOptions options, NetworkMode network, Container? owner)
    {
        // Whoever shares with a container on the host's network shares with the host.
        if (network.Kind == NetworkKind.Host || owner?.Record.Network == "host")
        {
            // As docker: on the host's network a container calls itself as the host does.
            return options with { Network = NamespaceChoice.Host, Hostname = options.Uts.IsHost ? null : options.Hostname ?? BundleHost.Name };
        }

        if (owner is null)
        {
            return options with { Network = NamespaceChoice.Private };
        }

        // Its user namespace as well: a sibling's may neither mount the sysfs nor bind the low ports of its network.
        string namespaces = $"/proc/{owner.Record.Process!.Value.Pid}/ns";
        return options with
        {
            Network = NamespaceChoice.Join($"{namespaces}/net"),
            UserNamespace = options.UserNamespace is null ? null : new UserNamespaceMap([], [], $"{namespaces}/user"),
        };
    }
}
