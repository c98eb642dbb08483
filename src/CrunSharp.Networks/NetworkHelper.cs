using CrunSharp.Oci;

namespace CrunSharp.Networks;

/// <summary>The program that carries a private network's packets: one process per container.</summary>
public sealed partial class NetworkHelper
{
    private NetworkHelper(string name, string path)
    {
        Name = name;
        Path = path;
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>What resolv.conf has to name; known before the container exists.</summary>
    public IReadOnlyList<string> NameServers { get; } = ["10.0.2.3"];

    /// <summary>The helper of this host.</summary>
    /// <exception cref="CrunException">No helper is installed, or /dev/net/tun cannot be used; with hints.</exception>
    public static NetworkHelper Find() => throw new NotSupportedException();

    /// <summary>Connects the network namespace of <paramref name="containerPid"/>; done when packets flow.</summary>
    /// <exception cref="CrunException">The helper ended or said nothing in time; its own words are the reason.</exception>
    public Task<NetworkAttachment> AttachAsync(int containerPid, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{Name} for {containerPid}");
}
