using System.Net;
using System.Net.Http.Headers;
using CrunSharp.Oci;
using CrunSharp.Registry.Http;

namespace CrunSharp.Registry;

/// <summary>How a blob got to the registry.</summary>
/// <param name="Blob">The layer or config.</param>
/// <param name="WasThere">True where nothing had to be sent.</param>
public readonly record struct PushedBlob(Descriptor Blob, bool WasThere);

public sealed partial class RegistryClient
{
    private const int ParallelUploads = 3;

    /// <summary>Sends an image to the registry that its name says; mirrors get nothing.</summary>
    /// <param name="reference">The name it gets there.</param>
    /// <param name="manifest">Its manifest, as it is.</param>
    /// <param name="manifestBytes">The bytes whose digest it has.</param>
    /// <param name="open">Opens a blob of the manifest; called again where a connection broke.</param>
    /// <param name="progress">Told of each blob that is there.</param>
    /// <param name="cancellationToken">Ends it; what was sent stays there without a name.</param>
    /// <exception cref="CrunException">The registry refuses it or cannot be asked.</exception>
    public async Task PushAsync(
        Reference reference,
        Manifest manifest,
        ReadOnlyMemory<byte> manifestBytes,
        Func<Descriptor, Stream> open,
        IProgress<PushedBlob>? progress,
        CancellationToken cancellationToken)
    {
        RegistryEndpoint endpoint = Configuration.EndpointsFor(reference)[^1];
        try
        {
            // A layer may be listed twice, and those with addresses of their own may not be passed on.
            IEnumerable<Descriptor> blobs = manifest.Layers.Append(manifest.Config).Where(blob => blob.Urls.Count == 0).DistinctBy(blob => blob.Digest);
            ParallelOptions options = new() { MaxDegreeOfParallelism = ParallelUploads, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(blobs, options, async (blob, token) =>
                progress?.Report(new PushedBlob(blob, await PushBlobAsync(endpoint, blob, open, token).ConfigureAwait(false)))).ConfigureAwait(false);

            // Last: a manifest whose blobs are not there yet is refused, and a name must never mean half an image.
            string name = reference.Tag ?? Proof.Sha256(manifestBytes.Span).ToString();
            RegistryRequest request = new(endpoint.Repository, $"manifests/{name}")
            {
                Method = HttpMethod.Put,
                Pushes = true,
                Content = () => new ReadOnlyMemoryContent(manifestBytes) { Headers = { ContentType = new MediaTypeHeaderValue(manifest.MediaType) } },
            };
            (await SessionFor(endpoint).RequestAsync(request, Configuration.Limits.Attempts, cancellationToken).ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is RegistryFailureException or RegistryRefusedException)
        {
            throw Failures.Explain(reference, endpoint, e, "push");
        }
    }

    /// <summary>Whether the blob was there already.</summary>
    private async Task<bool> PushBlobAsync(RegistryEndpoint endpoint, Descriptor blob, Func<Descriptor, Stream> open, CancellationToken cancellationToken)
    {
        RegistrySession session = SessionFor(endpoint);
        Pause pause = new(Configuration.Limits);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await IsThereAsync(session, endpoint, blob, cancellationToken).ConfigureAwait(false))
                {
                    return attempt == 1;
                }

                await UploadAsync(session, endpoint, blob, open, cancellationToken).ConfigureAwait(false);
                return false;
            }
            catch (Exception e) when (attempt < Configuration.Limits.Attempts && IsWorthAnotherTry(e))
            {
                // From its beginning, at a new place: how much of the old one arrived is not known.
                await pause.WaitAsync(null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> IsThereAsync(RegistrySession session, RegistryEndpoint endpoint, Descriptor blob, CancellationToken cancellationToken)
    {
        RegistryRequest question = new(endpoint.Repository, $"blobs/{blob.Digest}") { Method = HttpMethod.Head, Pushes = true };
        try
        {
            using HttpResponseMessage found = await session.RequestAsync(question, Configuration.Limits.Attempts, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RegistryRefusedException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private async Task UploadAsync(
        RegistrySession session,
        RegistryEndpoint endpoint,
        Descriptor blob,
        Func<Descriptor, Stream> open,
        CancellationToken cancellationToken)
    {
        RegistryRequest begin = new(endpoint.Repository, "blobs/uploads/") { Method = HttpMethod.Post, Pushes = true };
        using HttpResponseMessage begun = await session.RequestAsync(begin, Configuration.Limits.Attempts, cancellationToken).ConfigureAwait(false);
        Uri asked = begun.RequestMessage!.RequestUri!;
        Uri place = begun.Headers.Location is { } location
            ? new Uri(asked, location)
            : throw new RegistryFailureException(asked, "it says no place for the upload");

        // The authorization goes along, so it has to be the same host.
        if (!Connections.SameOrigin(place, asked))
        {
            throw new RegistryFailureException(asked, $"it wants the upload at '{Printable.Line(place.GetLeftPart(UriPartial.Path))}', which is another host");
        }

        string digest = $"digest={Uri.EscapeDataString(blob.Digest.ToString())}";
        RegistryRequest upload = new(endpoint.Repository, "blobs/uploads/")
        {
            Method = HttpMethod.Put,
            Pushes = true,
            Place = new UriBuilder(place) { Query = place.Query.Length > 1 ? $"{place.Query[1..]}&{digest}" : digest }.Uri,
            Content = () => new BlobContent(() => open(blob), blob.Size),
        };
        (await session.RequestAsync(upload, attempts: 1, cancellationToken).ConfigureAwait(false)).Dispose();
    }

    private static bool IsWorthAnotherTry(Exception exception) =>
        exception is RegistryFailureException { IsTransient: true }
        || (exception is RegistryRefusedException refusal && (int)refusal.Status is 408 or 429 or >= 500);
}
