using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>Image configuration and the user's options become config.json.</summary>
public static partial class BundleSpec
{
    /// <param name="image">What the image says of the program; <see cref="ImageDefaults.None"/> without an image.</param>
    /// <param name="users">/etc/passwd and /etc/group of the root filesystem.</param>
    /// <exception cref="CrunException">An option that cannot be had, or that contradicts another.</exception>
    public static Spec Create(ImageDefaults image, RunOptions options, UserDatabase users, BundleFacts facts) => throw new NotSupportedException();
}

/// <summary>What of an image's configuration reaches config.json; labels never do.</summary>
public sealed record ImageDefaults
{
    public static ImageDefaults None { get; } = new();

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string User { get; init; } = "";

    public string WorkingDirectory { get; init; } = "";
}

/// <summary>What has to be known of the host.</summary>
public sealed record BundleFacts
{
    /// <summary>Whether the engine runs as root of the host's first user namespace.</summary>
    public bool Rootful { get; init; } = true;

    /// <summary>Whether cgroups can be made at all.</summary>
    public bool Cgroups { get; init; } = true;

    public bool UnifiedCgroups { get; init; } = true;

    /// <summary><c>amd64</c> or <c>arm64</c>: what the seccomp profile is rendered for.</summary>
    public string Architecture { get; init; } = "amd64";

    /// <summary>As uname shows it: parts of the seccomp profile depend on it.</summary>
    public Version Kernel { get; init; } = new(5, 4);

    /// <summary>Gids of the engine's user namespace from 0 on that are mapped; <c>gid=</c> options beyond it are dropped.</summary>
    public uint MappedGids { get; init; } = uint.MaxValue;

    /// <summary>Capabilities that can be given, by name; empty: all that the kernel knows.</summary>
    public ulong Bounding { get; init; } = ulong.MaxValue;

    public string HostHostname { get; init; } = "localhost";

    /// <summary>This process's environment, for <c>-e NAME</c>.</summary>
    public Func<string, string?> HostEnvironment { get; init; } = static _ => null;
}

/// <summary>The bytes of /etc/passwd and /etc/group as the engine read them beneath the root; empty where they are not.</summary>
public sealed partial record UserDatabase(ReadOnlyMemory<byte> Passwd, ReadOnlyMemory<byte> Group)
{
    public static UserDatabase None { get; } = new(ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty);
}
