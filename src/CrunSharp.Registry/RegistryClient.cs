using CrunSharp.Oci;

namespace CrunSharp.Registry;

/// <summary>Asks registries for images; what it yields was checked against its digest, or proves it while it is read.</summary>
public sealed class RegistryClient(RegistryConfiguration configuration) : IDisposable
{
    /// <summary>The host's configuration in use.</summary>
    public RegistryConfiguration Configuration { get; } = configuration;

    /// <summary>Finds the manifest that <paramref name="reference"/> means on <paramref name="platform"/>.</summary>
    /// <exception cref="CrunException">No registry has it, none could be asked, or what came is not what was asked for.</exception>
    public Task<ResolvedImage> ResolveAsync(Reference reference, Platform platform, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>The image's config, checked against its digest.</summary>
    public Task<byte[]> GetConfigAsync(ResolvedImage image, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>
    /// A blob from byte <paramref name="offset"/> on. The stream asks again where a connection broke, and refuses
    /// more or fewer bytes than the descriptor says; whoever holds all bytes checks the digest.
    /// </summary>
    public Task<Stream> OpenBlobAsync(ResolvedImage image, Descriptor blob, long offset, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose()
    {
    }
}
