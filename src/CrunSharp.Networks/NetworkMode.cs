using CrunSharp.Oci;

namespace CrunSharp.Networks;

/// <summary>What a container is connected to.</summary>
public enum NetworkKind
{
    /// <summary>A network namespace of its own, with a way out through a helper process.</summary>
    Private,

    /// <summary>A network namespace of its own with nothing but loopback.</summary>
    None,

    /// <summary>The caller's network namespace.</summary>
    Host,

    /// <summary>The network namespace of another container.</summary>
    Container,
}

/// <summary>The value of <c>--network</c>.</summary>
/// <param name="Container">Name or id of the other container; only with <see cref="NetworkKind.Container"/>.</param>
public sealed record NetworkMode(NetworkKind Kind, string? Container = null)
{
    private const string ContainerPrefix = "container:";

    public static NetworkMode Private { get; } = new(NetworkKind.Private);

    public static NetworkMode None { get; } = new(NetworkKind.None);

    public static NetworkMode Host { get; } = new(NetworkKind.Host);

    /// <exception cref="CrunException">The text names no network that exists.</exception>
    public static NetworkMode Parse(string text) => text switch
    {
        // 'bridge' and 'default' are what scripts written for docker say when they mean the usual one.
        "private" or "default" or "bridge" or "slirp4netns" or "pasta" => Private,
        "none" => None,
        "host" => Host,
        _ when text.StartsWith(ContainerPrefix, StringComparison.Ordinal) && text.Length > ContainerPrefix.Length =>
            new NetworkMode(NetworkKind.Container, text[ContainerPrefix.Length..]),
        _ => throw new CrunException($"cannot use the network '{text}'", "it is none of private, none, host and container:NAME")
        {
            Hints = ["networks with names of their own are not supported yet"],
        },
    };

    public override string ToString() => Kind switch
    {
        NetworkKind.Container => ContainerPrefix + Container,
        NetworkKind.None => "none",
        NetworkKind.Host => "host",
        _ => "private",
    };
}
