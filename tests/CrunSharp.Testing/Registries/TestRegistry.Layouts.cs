using System.Text.Json;

namespace CrunSharp.Testing;

public sealed partial class TestRegistry
{
    /// <summary>Pushes what the tag names in an OCI image layout: an image, or an index with all its images.</summary>
    /// <param name="layout">The directory with <c>index.json</c> and <c>blobs</c>.</param>
    /// <param name="repository">Where to.</param>
    /// <param name="tag">The tag it gets.</param>
    /// <param name="from">The layout's own name for it; the only entry by default.</param>
    public async Task PushLayoutAsync(string layout, string repository, string tag, string? from = null)
    {
        using JsonDocument index = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(layout, "index.json")));
        JsonElement entry = index.RootElement.GetProperty("manifests").EnumerateArray().Single(candidate =>
            from is null || (candidate.TryGetProperty("annotations", out JsonElement annotations)
                && annotations.TryGetProperty("org.opencontainers.image.ref.name", out JsonElement name)
                && name.GetString() == from));
        await PushFromLayoutAsync(layout, repository, tag, entry);
    }

    private async Task PushFromLayoutAsync(string layout, string repository, string tagOrDigest, JsonElement descriptor)
    {
        byte[] document = await ReadAsync(layout, descriptor);
        using JsonDocument parsed = JsonDocument.Parse(document);
        if (parsed.RootElement.TryGetProperty("manifests", out JsonElement manifests))
        {
            foreach (JsonElement child in manifests.EnumerateArray())
            {
                await PushFromLayoutAsync(layout, repository, child.GetProperty("digest").GetString()!, child);
            }
        }
        else
        {
            await PushBlobAsync(repository, await ReadAsync(layout, parsed.RootElement.GetProperty("config")));
            foreach (JsonElement layer in parsed.RootElement.GetProperty("layers").EnumerateArray())
            {
                await PushBlobAsync(repository, await ReadAsync(layout, layer));
            }
        }

        await PushManifestAsync(repository, tagOrDigest, document, descriptor.GetProperty("mediaType").GetString()!);
    }

    private static Task<byte[]> ReadAsync(string layout, JsonElement descriptor) =>
        File.ReadAllBytesAsync(Path.Combine(layout, "blobs", descriptor.GetProperty("digest").GetString()!.Replace(':', '/')));
}
