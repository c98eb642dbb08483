using System.Security.Cryptography;
using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Images.Tests;

/// <summary>An image of hand-written layers, and a source that counts what is asked of it.</summary>
internal sealed class TestImage
{
    private readonly Dictionary<Digest, byte[]> _blobs = [];

    public TestImage(params byte[][] plainLayers)
        : this([.. plainLayers.Select(static plain => (plain, Pack.Gzip(plain)))])
    {
    }

    public TestImage(params (byte[] Plain, byte[] Packed)[] layers)
    {
        DiffIds = [.. layers.Select(static layer => DigestOf(layer.Plain))];
        Layers = [.. layers.Select(layer => Describe(layer.Packed, MediaTypes.OciLayerGzip))];
        string diffIds = string.Join(',', DiffIds.Select(static id => $"\"{id}\""));
        ConfigBytes = Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}""");
        Descriptor config = Describe(ConfigBytes, MediaTypes.OciConfig);
        Id = config.Digest;
        ManifestBytes = Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Json(config)}},"layers":[{{string.Join(',', Layers.Select(Json))}}]}
            """);
        Manifest = Describe(ManifestBytes, MediaTypes.OciManifest);
    }

    public Digest Id { get; }

    public IReadOnlyList<Digest> DiffIds { get; }

    public IReadOnlyList<Descriptor> Layers { get; }

    public Descriptor Manifest { get; }

    public byte[] ManifestBytes { get; }

    public byte[] ConfigBytes { get; }

    /// <summary>Offsets that were asked for, in order.</summary>
    public List<long> Asked { get; } = [];

    /// <summary>What the source yields in place of the bytes; null yields them.</summary>
    public Func<byte[], Stream>? Instead { get; set; }

    public byte[] this[Descriptor layer] => _blobs[layer.Digest];

    public BlobSource SourceOf(Descriptor layer) => (offset, _) =>
    {
        lock (Asked)
        {
            Asked.Add(offset);
        }

        byte[] rest = _blobs[layer.Digest][(int)offset..];
        return Task.FromResult(Instead?.Invoke(rest) ?? new MemoryStream(rest));
    };

    public Task<StoredImage> AddToAsync(ImageStore store, string? name) => AddUntilAsync(store, name, TestContext.Current.CancellationToken);

    public Task<StoredImage> AddUntilAsync(ImageStore store, string? name, CancellationToken cancellationToken) =>
        store.AddAsync(name is null ? null : Reference.Parse(name), Manifest, ManifestBytes, ConfigBytes, SourceOf, null, cancellationToken);

    public static Digest DigestOf(byte[] bytes) => Digest.Parse($"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}");

    private Descriptor Describe(byte[] bytes, string type)
    {
        Digest digest = DigestOf(bytes);
        _blobs[digest] = bytes;
        return new Descriptor { MediaType = type, Digest = digest, Size = bytes.Length };
    }

    private static string Json(Descriptor descriptor) =>
        $$"""{"mediaType":"{{descriptor.MediaType}}","digest":"{{descriptor.Digest}}","size":{{descriptor.Size}}}""";
}

/// <summary>Bytes that end in a failure, or never end.</summary>
internal sealed class BrokenStream(byte[] bytes, Func<CancellationToken, Task<int>> then) : MemoryStream(bytes)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Position < Length ? Read(buffer.Span) : await then(cancellationToken);
}
