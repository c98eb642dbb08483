using System.Collections.Concurrent;
using CrunSharp.Oci;
using CrunSharp.Registry.Credentials;
using CrunSharp.Registry.Http;

namespace CrunSharp.Registry;

/// <summary>Asks registries for images; what it yields was checked against its digest, or proves it while it is read.</summary>
/// <remarks>
/// distribution-spec 1.1. Safe to use from several threads. Nothing of HTTP or TLS is touched before the first question.
/// </remarks>
public sealed partial class RegistryClient(RegistryConfiguration configuration) : IDisposable
{
    /// <summary>An index may point at an index; deeper than this nobody has a reason to.</summary>
    private const int DeepestIndex = 2;

    private static readonly string[] s_manifestTypes =
        [MediaTypes.OciIndex, MediaTypes.DockerIndex, MediaTypes.OciManifest, MediaTypes.DockerManifest];

    private readonly ConcurrentDictionary<(string Registry, bool Insecure), RegistrySession> _sessions = new();
    private readonly CredentialStore _credentials = new(configuration);
    private readonly Lazy<Connections> _connections = new(() => new Connections(configuration));

    /// <summary>The host's configuration in use.</summary>
    public RegistryConfiguration Configuration { get; } = configuration;

    /// <summary>Finds the manifest that <paramref name="reference"/> means on <paramref name="platform"/>: mirrors first, the registry last.</summary>
    /// <exception cref="CrunException">No registry has it, none could be asked, or what came is not what was asked for.</exception>
    public async Task<ResolvedImage> ResolveAsync(Reference reference, Platform platform, CancellationToken cancellationToken)
    {
        List<string> passed = [];
        IReadOnlyList<RegistryEndpoint> endpoints = Configuration.EndpointsFor(reference);
        for (int index = 0; ; index++)
        {
            RegistryEndpoint endpoint = endpoints[index];
            try
            {
                return await ResolveAtAsync(endpoint, reference, platform, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException or CrunException)
            {
                CrunException failure = Failures.Explain(reference, endpoint, e);
                if (index == endpoints.Count - 1)
                {
                    throw passed.Count == 0
                        ? failure
                        : new CrunException(failure.What, failure.Why, failure.InnerException) { Hints = [.. failure.Hints, .. passed] };
                }

                passed.Add($"the mirror was of no use: {failure.Message}");
            }
        }
    }

    /// <summary>The image's config, checked against its digest and the platform that was asked for.</summary>
    /// <exception cref="CrunException">It did not come, is not what the manifest says, or is made for another platform.</exception>
    public async Task<byte[]> GetConfigAsync(ResolvedImage image, CancellationToken cancellationToken)
    {
        Descriptor descriptor = image.Parsed.Config;
        byte[] bytes;
        try
        {
            if (descriptor.Size > ImageConfig.LargestSize)
            {
                throw new CrunException($"cannot pull '{image.Reference}'", $"its config has {descriptor.Size} bytes; at most {ImageConfig.LargestSize} are accepted");
            }

            RegistryRequest request = new(image.Endpoint.Repository, $"blobs/{descriptor.Digest}");
            (bytes, _) = await FetchAsync(image.Endpoint, request, (int)descriptor.Size, "config", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException)
        {
            throw Failures.ExplainBlob(image, descriptor, e);
        }

        if (bytes.Length != descriptor.Size || !Proof.Fits(descriptor.Digest, bytes))
        {
            throw new CrunException($"cannot pull '{image.Reference}'", $"what '{image.Endpoint.Registry}' sent as its config does not have the digest {descriptor.Digest}");
        }

        // Images without an index say only here what they are made for.
        ImageConfig config = ImageConfig.Parse(bytes);
        return config.Architecture.Length == 0 || image.Platform.Matches(config.Platform)
            ? bytes
            : throw Failures.WrongPlatform(image.Reference, image.Platform, [config.Platform]);
    }

    /// <summary>
    /// A blob from byte <paramref name="offset"/> on. The stream asks again where a connection broke, and refuses
    /// more or fewer bytes than the descriptor says; whoever holds all bytes checks the digest.
    /// </summary>
    /// <param name="image">Says where to ask.</param>
    /// <param name="blob">One of its layers.</param>
    /// <param name="offset">How much of it is there already.</param>
    /// <param name="cancellationToken">Ends this call and every later read.</param>
    /// <exception cref="CrunException">The registry does not have it, or offers another size.</exception>
    public async Task<Stream> OpenBlobAsync(ResolvedImage image, Descriptor blob, long offset, CancellationToken cancellationToken)
    {
        return await BlobStream.OpenAsync(blob, offset, AskAsync, e => Failures.ExplainBlob(image, blob, e), Configuration.Limits, cancellationToken)
            .ConfigureAwait(false);

        async Task<HttpResponseMessage> AskAsync(long from, CancellationToken token)
        {
            RegistryRequest request = new(image.Endpoint.Repository, $"blobs/{blob.Digest}") { From = from };
            try
            {
                return await SessionFor(image.Endpoint).RequestAsync(request, Configuration.Limits.Attempts, token).ConfigureAwait(false);
            }
            catch (RegistryRefusedException e) when ((blob.Urls.Count > 0 || image.Endpoint.IsMirror) && e.Status == System.Net.HttpStatusCode.NotFound)
            {
                if (image.Endpoint.IsMirror && await AskOthersAsync(image, request, token).ConfigureAwait(false) is { } other)
                {
                    return other;
                }

                if (await AskElsewhereAsync(blob, request, token).ConfigureAwait(false) is { } elsewhere)
                {
                    return elsewhere;
                }

                throw;
            }
        }
    }

    public void Dispose()
    {
        if (_connections.IsValueCreated)
        {
            _connections.Value.Dispose();
        }

        foreach (RegistrySession session in _sessions.Values)
        {
            session.Dispose();
        }
    }

    /// <summary>What a mirror lacks although it has the manifest: the places behind it may have it, and the digest proves it.</summary>
    private async Task<HttpResponseMessage?> AskOthersAsync(ResolvedImage image, RegistryRequest request, CancellationToken cancellationToken)
    {
        foreach (RegistryEndpoint endpoint in Configuration.EndpointsFor(image.Reference).SkipWhile(endpoint => endpoint != image.Endpoint).Skip(1))
        {
            try
            {
                RegistryRequest again = request with { Repository = endpoint.Repository };
                return await SessionFor(endpoint).RequestAsync(again, Configuration.Limits.Attempts, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException)
            {
                // The mirror's own answer is the one to tell.
            }
        }

        return null;
    }

    /// <summary>The places a layer itself names. They are anybody's: no session, so no credential, token or exception from https.</summary>
    private async Task<HttpResponseMessage?> AskElsewhereAsync(Descriptor blob, RegistryRequest request, CancellationToken cancellationToken)
    {
        foreach (string url in blob.Urls)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0
                || (uri.Scheme != "https" && !(uri.Scheme == "http" && (Loopback.Is(uri) || Configuration.IsInsecure(uri.Authority)))))
            {
                continue;
            }

            HttpResponseMessage response = await _connections.Value
                .FollowAsync(uri, request.Make, authorization: null, insecure: false, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            response.Dispose();
        }

        return null;
    }

    private RegistrySession SessionFor(RegistryEndpoint endpoint) =>
        _sessions.GetOrAdd(
            (endpoint.Registry, endpoint.Insecure),
            key => new RegistrySession(key.Registry, key.Insecure, _credentials, _connections.Value, Configuration));
}
