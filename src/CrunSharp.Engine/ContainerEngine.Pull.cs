using CrunSharp.Images;
using CrunSharp.Oci;
using CrunSharp.Registry;

namespace CrunSharp.Engine;

/// <summary>What is told while an image comes: what it consists of, then how far each layer is; disposed when there is no more to tell.</summary>
public interface IPullObserver : IProgress<LayerProgress>, IDisposable
{
    /// <summary>The image is not in the store, and now comes from its registry.</summary>
    void Missing(Reference reference);

    void Resolved(ResolvedImage image);
}

/// <summary>What a pull brought.</summary>
/// <param name="IsNew">Whether the name stood for something else, or for nothing, before.</param>
public sealed record PulledImage(Reference Reference, Digest Digest, StoredImage Image, bool IsNew);

public sealed partial class ContainerEngine
{
    /// <summary>Brings an image from its registry into the store; what is there already is not fetched again.</summary>
    public async Task<PulledImage> PullAsync(Reference reference, Platform platform, IPullObserver? observer, CancellationToken cancellationToken)
    {
        using RegistryClient client = OpenRegistries();
        ResolvedImage resolved = await client.ResolveAsync(reference, platform, cancellationToken);
        observer?.Resolved(resolved);
        byte[] config = await client.GetConfigAsync(resolved, cancellationToken);
        Digest? before = Images.Find(reference.ToString())?.Id;
        StoredImage image = await Images.AddAsync(
            reference,
            resolved.Manifest,
            resolved.ManifestBytes,
            config,
            layer => (offset, token) => client.OpenBlobAsync(resolved, layer, offset, token),
            observer,
            cancellationToken);
        return new PulledImage(reference, resolved.NamedDigest, image, before != image.Id);
    }
}
