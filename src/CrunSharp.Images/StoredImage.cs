using CrunSharp.Oci;

namespace CrunSharp.Images;

/// <summary>An image that is complete in the store.</summary>
public sealed class StoredImage
{
    private readonly Lazy<ImageConfig> _config;
    private readonly Lazy<IReadOnlyList<Reference>> _tags;
    private readonly Lazy<IReadOnlyList<string>> _notes;

    internal StoredImage(Func<ImageConfig> config, Func<IReadOnlyList<Reference>> tags, Func<IReadOnlyList<string>> notes)
    {
        // A launch needs the layers and the config only: what has to be searched for is searched for when asked.
        _config = new Lazy<ImageConfig>(config);
        _tags = new Lazy<IReadOnlyList<Reference>>(tags);
        _notes = new Lazy<IReadOnlyList<string>>(notes);
    }

    /// <summary>The digest of its config, which is what docker and podman call the image's id.</summary>
    public required Digest Id { get; init; }

    public required Descriptor Manifest { get; init; }

    public ImageConfig Config => _config.Value;

    /// <summary>Every name it has in the store; those by digest among them.</summary>
    public IReadOnlyList<Reference> Tags => _tags.Value;

    /// <summary>Bytes of its unpacked layers, those shared with other images included.</summary>
    public required long Size { get; init; }

    public DateTimeOffset? Created => Config.Created;

    /// <summary>The directories to stack as overlay's lower layers, the top one first.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }

    /// <summary>What the layers say of the root directory itself; the upper directory of a container starts with it.</summary>
    public required RootAttributes Root { get; init; }

    /// <summary>What could not be unpacked as the layers have it, such as devices without the privilege to make them.</summary>
    public IReadOnlyList<string> Notes => _notes.Value;
}

/// <summary>Owner and mode of an image's root directory.</summary>
public readonly record struct RootAttributes(uint Owner, uint Group, uint Mode)
{
    /// <summary>For images that say nothing about it.</summary>
    public static RootAttributes Default { get; } = new(0, 0, 0x1ED /* 0755 */);
}
