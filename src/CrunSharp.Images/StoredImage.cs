using CrunSharp.Oci;

namespace CrunSharp.Images;

/// <summary>An image that is complete in the store.</summary>
public sealed class StoredImage
{
    /// <summary>The digest of its config, which is what docker and podman call the image's id.</summary>
    public required Digest Id { get; init; }

    public required Descriptor Manifest { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Every name it has in the store.</summary>
    public required IReadOnlyList<Reference> Tags { get; init; }

    /// <summary>Bytes of its unpacked layers, those shared with other images included.</summary>
    public required long Size { get; init; }

    public DateTimeOffset? Created => Config.Created;

    /// <summary>The directories to stack as overlay's lower layers, the top one first.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }

    /// <summary>What the layers say of the root directory itself; the upper directory of a container starts with it.</summary>
    public required RootAttributes Root { get; init; }

    /// <summary>What could not be unpacked as the layers have it, such as devices without the privilege to make them.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>Owner and mode of an image's root directory.</summary>
public readonly record struct RootAttributes(uint Owner, uint Group, uint Mode)
{
    /// <summary>For images that say nothing about it.</summary>
    public static RootAttributes Default { get; } = new(0, 0, 0x1ED /* 0755 */);
}
