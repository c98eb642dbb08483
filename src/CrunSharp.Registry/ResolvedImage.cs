using CrunSharp.Oci;

namespace CrunSharp.Registry;

/// <summary>What a name meant when a registry was asked: one manifest, proved by its digest, and where its blobs are.</summary>
public sealed record ResolvedImage
{
    public required Reference Reference { get; init; }

    /// <summary>Of the one platform's manifest.</summary>
    public required Descriptor Manifest { get; init; }

    /// <summary>The bytes that have the digest.</summary>
    public required ReadOnlyMemory<byte> ManifestBytes { get; init; }

    public required Manifest Parsed { get; init; }

    /// <summary>What the name itself points at: the index's digest where there is an index, else the manifest's.</summary>
    public required Digest NamedDigest { get; init; }

    /// <summary>The index that the manifest was chosen from, or null.</summary>
    public ReadOnlyMemory<byte>? IndexBytes { get; init; }

    /// <summary>What it was asked for; the config has to agree.</summary>
    public required Platform Platform { get; init; }

    /// <summary>The registry or mirror that answered; the blobs are asked there.</summary>
    public required RegistryEndpoint Endpoint { get; init; }
}
