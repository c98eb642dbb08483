using CrunSharp.Oci;
using CrunSharp.Registry.Http;

namespace CrunSharp.Registry;

public sealed partial class RegistryClient
{
    private async Task<ResolvedImage> ResolveAtAsync(RegistryEndpoint endpoint, Reference reference, Platform platform, CancellationToken cancellationToken)
    {
        string name = reference.Digest?.ToString() ?? reference.Tag!;
        Fetched top = await FetchManifestAsync(endpoint, name, reference.Digest, null, cancellationToken).ConfigureAwait(false);
        Fetched current = top;
        for (int depth = 0; current.Document is ImageIndex index; depth++)
        {
            Descriptor chosen = index.Choose(platform) ?? throw Failures.WrongPlatform(reference, platform, index.Platforms);
            if (depth == DeepestIndex)
            {
                throw new CrunException($"cannot pull '{reference}'", "its index points at an index that points at an index");
            }

            current = await FetchManifestAsync(endpoint, chosen.Digest.ToString(), chosen.Digest, chosen, cancellationToken).ConfigureAwait(false);
        }

        Manifest manifest = (Manifest)current.Document;
        if (!MediaTypes.IsImageConfig(manifest.Config.MediaType))
        {
            string kind = Printable.Line(manifest.ArtifactType ?? manifest.Config.MediaType);
            throw new CrunException($"cannot pull '{reference}'", $"it is no image, but an artifact of the kind '{kind}'");
        }

        return new ResolvedImage
        {
            Reference = reference,
            Manifest = new Descriptor { MediaType = manifest.MediaType, Digest = current.Digest, Size = current.Bytes.Length },
            ManifestBytes = current.Bytes,
            Parsed = manifest,
            NamedDigest = top.Digest,
            IndexBytes = top.Document is ImageIndex ? top.Bytes : null,
            Platform = platform,
            Endpoint = endpoint,
        };
    }

    private async Task<Fetched> FetchManifestAsync(
        RegistryEndpoint endpoint,
        string name,
        Digest? expected,
        Descriptor? descriptor,
        CancellationToken cancellationToken)
    {
        RegistryRequest request = new(endpoint.Repository, $"manifests/{name}") { Accept = s_manifestTypes };
        (byte[] bytes, Announcement announced) =
            await FetchAsync(endpoint, request, ManifestDocument.LargestSize, "manifest", cancellationToken).ConfigureAwait(false);

        // Asked by tag, the header is all that says what should have come; a wrong one is a broken registry or cache.
        Digest digest = expected ?? announced.Digest ?? Proof.Sha256(bytes);
        if (!Proof.Fits(digest, bytes) || (descriptor is not null && descriptor.Size != bytes.Length))
        {
            throw new CrunException($"cannot use the manifest '{name}' from '{endpoint}'", $"what came does not have the digest {digest}, or not the size it should have");
        }

        ManifestDocument document = ManifestDocument.Parse(bytes, announced.MediaType);
        if (descriptor is { MediaType: var type } && MediaTypes.IsIndex(type) != document is ImageIndex)
        {
            throw new CrunException($"cannot use the manifest '{name}' from '{endpoint}'", $"the index calls it '{type}', but it is '{document.MediaType}'");
        }

        return new Fetched(digest, bytes, document);
    }

    /// <summary>A small document, whole; asked for again where it broke off.</summary>
    private async Task<(byte[] Bytes, Announcement Announced)> FetchAsync(
        RegistryEndpoint endpoint,
        RegistryRequest request,
        int limit,
        string kind,
        CancellationToken cancellationToken)
    {
        // A mirror that is down must not keep the registry waiting.
        int attempts = endpoint.IsMirror ? Math.Min(2, Configuration.Limits.Attempts) : Configuration.Limits.Attempts;
        Pause pause = new(Configuration.Limits);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using HttpResponseMessage response = await SessionFor(endpoint).RequestAsync(request, attempts, cancellationToken).ConfigureAwait(false);
                byte[] bytes = await Answers.ReadAsync(response, limit, Configuration.Limits.Answer, kind, cancellationToken).ConfigureAwait(false);
                return (bytes, Announcement.Of(response));
            }
            catch (RegistryFailureException e) when (e.IsTransient && attempt < attempts)
            {
                await pause.WaitAsync(null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private sealed record Fetched(Digest Digest, byte[] Bytes, ManifestDocument Document);

    /// <summary>What the headers say about a document.</summary>
    private sealed record Announcement(string? MediaType, Digest? Digest)
    {
        public static Announcement Of(HttpResponseMessage response)
        {
            // Plain servers of files call everything JSON, text or bytes: that says nothing.
            string? type = response.Content.Headers.ContentType?.MediaType;
            type = type is null || !type.StartsWith("application/vnd.", StringComparison.Ordinal) ? null : type;
            string? digest = response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values) ? values.First() : null;
            return new Announcement(type, digest is null ? null : Oci.Digest.Parse(Printable.Line(digest)));
        }
    }
}
