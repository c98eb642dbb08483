using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Images.Tests;

public sealed class ImageStoreTests : IDisposable
{
    private static readonly ImageStoreOptions s_options = new() { Durable = false, Identity = new UnpackIdentity(!Environment.IsPrivilegedProcess, UserXattr: true) };

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Digest> _used = [];
    private readonly ImageStore _store;

    public ImageStoreTests() => _store = ImageStore.Open(_directory["store"], s_options with { ImagesInUse = () => _used });

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Add_Image_IsFoundByEveryNameItHas()
    {
        TestImage image = new(new TarBuilder().File("low").ToArray(), new TarBuilder().File("top").ToArray());
        StoredImage added = await image.AddToAsync(_store, "alpine:3");
        Assert.Equal(image.Id, added.Id);
        Assert.All(["alpine:3", "docker.io/library/alpine:3", image.Id.ToString(), image.Id.Hex[..12], $"alpine@{image.Manifest.Digest}"],
            name => Assert.Equal(image.Id, _store.Find(name)?.Id));
        Assert.All(["alpine", "alpine:4", "ab", new string('0', 64)], name => Assert.Null(_store.Find(name)));
        Assert.True(File.Exists(Path.Combine(added.LayerDirectories[0], "top")));
        Assert.True(File.Exists(Path.Combine(added.LayerDirectories[1], "low")));
        Assert.Equal(image.ManifestBytes, await _store.ReadBlobAsync(image.Manifest.Digest, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Cve2021_41091_StoresDirectories_AreTheirOwnersOnly()
    {
        await Simple("x").AddToAsync(_store, "x");
        UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_store.Root) & others);
        Assert.All(Directory.GetDirectories(_store.Root), directory => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(directory) & others));
    }

    [Fact]
    public async Task Add_SecondImageWithTheSameLayer_FetchesNothingAgain()
    {
        byte[] shared = new TarBuilder().File("shared").ToArray();
        await new TestImage(shared).AddToAsync(_store, "one");
        TestImage second = new(shared, new TarBuilder().File("own").ToArray());
        await second.AddToAsync(_store, "two");
        Assert.Equal([0], second.Asked);
    }

    [Fact]
    public async Task Add_LayerThatOccursTwice_IsFetchedOnceAndStackedTwice()
    {
        byte[] layer = new TarBuilder().File("f").ToArray();
        TestImage image = new(layer, layer);
        StoredImage added = await image.AddToAsync(_store, "twice");
        Assert.Single(image.Asked);
        Assert.Equal(2, added.LayerDirectories.Count);
    }

    [Fact]
    public async Task Add_ByManyAtOnce_FetchesEachLayerOnce()
    {
        TestImage image = new([.. Enumerable.Range(0, 5).Select(static number => new TarBuilder().File($"f{number}", new string('x', 100_000)).ToArray())]);
        StoredImage[] added = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => Task.Run(async () =>
        {
            // Each has its own store, as processes have.
            using ImageStore store = ImageStore.Open(_store.Root, s_options);
            return await image.AddToAsync(store, $"name{number}");
        })));
        Assert.Equal(5, image.Asked.Count);
        Assert.All(added, stored => Assert.Equal(image.Id, stored.Id));
        Assert.Equal(6, _store.Find(image.Id.ToString())!.Tags.Count);
    }

    [Fact]
    public async Task Add_TwoHundredLayers_StackInTheirOrder()
    {
        TestImage image = new([.. Enumerable.Range(0, 200).Select(static number => new TarBuilder().File($"f{number}").ToArray())]);
        StoredImage added = await image.AddToAsync(_store, "deep");
        Assert.Equal(200, added.LayerDirectories.Count);
        Assert.True(File.Exists(Path.Combine(added.LayerDirectories[0], "f199")));
        Assert.True(File.Exists(Path.Combine(added.LayerDirectories[199], "f0")));
    }

    [Fact]
    public async Task Add_WrongBytes_AreRefusedAndNothingStays()
    {
        TestImage image = Simple("x");
        image.Instead = static rest => new MemoryStream([.. rest[..^20], .. new byte[20]]);
        await Assert.ThrowsAsync<CrunException>(() => image.AddToAsync(_store, "x"));
        AssertHasNoLayer();
        image.Instead = null;
        await image.AddToAsync(_store, "x");
    }

    [Fact]
    public async Task Add_RightBlobOfAnotherDiffId_IsRefused()
    {
        byte[] plain = new TarBuilder().File("announced").ToArray();
        TestImage image = new((plain, Pack.Gzip(new TarBuilder().File("other").ToArray())));
        CrunException refusal = await Assert.ThrowsAsync<CrunException>(() => image.AddToAsync(_store, "x"));
        Assert.Contains("the image's config says", refusal.Message, StringComparison.Ordinal);
        AssertHasNoLayer();
    }

    [Fact]
    public async Task Add_MoreBytesThanTheManifestSays_IsRefused()
    {
        TestImage image = Simple("x");
        image.Instead = static rest => new MemoryStream([.. rest, 0]);
        CrunException refusal = await Assert.ThrowsAsync<CrunException>(() => image.AddToAsync(_store, "x"));
        Assert.Contains("more than", refusal.Message, StringComparison.Ordinal);
        AssertHasNoLayer();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Add_AfterABrokenStream_GoesOnFromTheBytesItHas(bool isDamaged)
    {
        TestImage image = Big();
        int half = image[image.Layers[0]].Length / 2;
        image.Instead = rest => new BrokenStream(rest[..half], static _ => throw new IOException("connection reset"));
        CrunException failure = await Assert.ThrowsAsync<CrunException>(() => image.AddToAsync(_store, "x"));
        Assert.Contains("connection reset", failure.Message, StringComparison.Ordinal);
        AssertHasNoLayer();

        string partial = Assert.Single(Directory.GetFiles(Path.Combine(_store.Root, "ingest"), "*", SearchOption.AllDirectories));
        Assert.Equal(half, new FileInfo(partial).Length);
        if (isDamaged)
        {
            // As after a power failure: the length is there, the bytes are not.
            File.WriteAllBytes(partial, new byte[half]);
        }

        image.Instead = null;
        await image.AddToAsync(_store, "x");
        Assert.Equal(isDamaged ? [0, half, 0] : [0, half], image.Asked);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Root, "ingest")));
    }

    [Fact]
    public async Task Add_Cancelled_KeepsWhatArrivedAndNothingElse()
    {
        TestImage image = Big();
        using CancellationTokenSource cancel = new();
        image.Instead = rest => new BrokenStream(rest[..(rest.Length / 2)], async stop =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
            return 0;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image.AddUntilAsync(_store, "x", cancel.Token));
        AssertHasNoLayer();
        image.Instead = null;
        await image.AddToAsync(_store, "x");
        Assert.True(image.Asked[^1] > 0);
    }

    [Fact]
    public async Task Add_WithLeftoversOfAKilledProcess_ClearsThem()
    {
        string left = _directory.Make($"store/ingest/{new string('a', 64)}/tree/etc");
        await Simple("x").AddToAsync(_store, "x");
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task Cve2024_24557_ConfigOfAnotherDigest_IsRefused()
    {
        TestImage image = Simple("x");
        byte[] other = [.. image.ConfigBytes, (byte)' '];
        await Assert.ThrowsAsync<CrunException>(() => _store.AddAsync(null, image.Manifest, image.ManifestBytes, other, image.SourceOf, null, TestContext.Current.CancellationToken));
        Assert.Empty(_store.List());
    }

    // A layer is known by what it unpacks to: whoever names another's in his config gets neither its place nor its content.
    [Fact]
    public async Task Cve2026_50195_LayerThatClaimsAnothersDigest_DoesNotTakeItsPlace()
    {
        byte[] wanted = new TarBuilder().File("file", "genuine").ToArray();
        TestImage forged = new((wanted, Pack.Gzip(new TarBuilder().File("file", "forged").ToArray())));
        await Assert.ThrowsAsync<CrunException>(() => forged.AddToAsync(_store, "forged"));
        AssertHasNoLayer();

        StoredImage genuine = await new TestImage(wanted).AddToAsync(_store, "genuine");
        await forged.AddToAsync(_store, "forged");
        Assert.Equal("genuine", File.ReadAllText(Path.Combine(genuine.LayerDirectories[0], "file")));
        Assert.Equal("genuine", File.ReadAllText(Path.Combine(_store.Find("forged")!.LayerDirectories[0], "file")));
    }

    // xz is not supported, but that is no reason to wait: for a helper, for more bytes, or for somebody who reads them.
    [Theory]
    [InlineData("fd377a585a000004e6d6b446", 0)]
    [InlineData("fd377a585a000004ffffffff", 4 << 20)]
    [InlineData("1f8b0800000000000203", 4 << 20)]
    [InlineData("28b52ffd", 4 << 20)]
    [InlineData("425a6839", 4 << 20)]
    public async Task Cve2021_20291_DamagedCompression_IsRefusedAtOnceAndBlocksNobody(string start, int more)
    {
        byte[] plain = new TarBuilder().File("file").ToArray();
        TestImage image = new((plain, [.. Convert.FromHexString(start), .. CrunSharp.Testing.TestImage.Noise(more)]));
        await Assert.ThrowsAsync<CrunException>(() => image.AddToAsync(_store, "x").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        AssertHasNoLayer();

        // The lock of the layer is free: the right one comes at once.
        await new TestImage(plain).AddToAsync(_store, "y").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Tag_TakenByANewerImage_LeavesTheOlderWithoutName()
    {
        TestImage older = Simple("old");
        TestImage newer = Simple("new");
        await older.AddToAsync(_store, "app:1");
        await newer.AddToAsync(_store, "app:1");
        Assert.Equal(newer.Id, _store.Find("app:1")?.Id);
        Assert.Empty(_store.Find(older.Id.ToString())!.Tags);
    }

    [Fact]
    public async Task Remove_OneOfTwoNames_TakesOnlyTheName()
    {
        TestImage image = Simple("x");
        await image.AddToAsync(_store, "a/b");
        _store.Tag(image.Id, Reference.Parse("a/b/c:2"));
        Assert.Null(_store.Remove("a/b").Deleted);
        Assert.Equal(["docker.io/a/b/c:2"], _store.Find(image.Id.ToString())!.Tags.Select(static tag => tag.ToString()));
        Assert.Equal(image.Id, _store.Remove("a/b/c:2").Deleted);
        Assert.Empty(_store.List());
    }

    [Fact]
    public async Task Remove_Image_TakesLayersAndBlobsThatNoOtherHas()
    {
        byte[] shared = new TarBuilder().File("shared", "s").ToArray();
        TestImage one = new(shared, new TarBuilder().File("own", "o").ToArray());
        TestImage two = new(shared);
        await one.AddToAsync(_store, "one");
        await two.AddToAsync(_store, "two");
        ImageRemoval removal = _store.Remove("one");
        Assert.Equal([one.DiffIds[1].Hex], removal.DeletedLayers);
        Assert.True(File.Exists(Path.Combine(_store.Find("two")!.LayerDirectories[0], "shared")));
        Assert.Equal(
            new[] { two.Id.Hex, two.Manifest.Digest.Hex, two.Layers[0].Digest.Hex }.Order(),
            Directory.GetFiles(Path.Combine(_store.Root, "blobs/sha256")).Select(static path => Path.GetFileName(path)!).Order());
        _store.Remove("two");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Root, "layers")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_store.Root, "blobs/sha256")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Root, "tmp")));
    }

    [Fact]
    public async Task Remove_ImageOfAContainer_IsRefusedAndByForceTakesTheNameOnly()
    {
        TestImage image = Simple("x");
        await image.AddToAsync(_store, "x");
        _used.Add(image.Id);
        Assert.Throws<CrunException>(() => _store.Remove("x"));
        Assert.Equal(image.Id, _store.Find("x")?.Id);
        Assert.Null(_store.Remove("x", force: true).Deleted);
        Assert.True(File.Exists(Path.Combine(_store.Find(image.Id.ToString())!.LayerDirectories[0], "x")));
    }

    [Fact]
    public async Task Remove_ImageThatIsHeld_IsRefusedUntilItIsNot()
    {
        StoredImage image = await Simple("x").AddToAsync(_store, "x");
        using (_store.Hold(image))
        {
            Assert.Throws<CrunException>(() => _store.Remove("x"));
        }

        Assert.Equal(image.Id, _store.Remove("x").Deleted);
    }

    [Fact]
    public async Task Remove_WhileAnotherPullHasTheLayer_LeavesIt()
    {
        TestImage image = Simple("x");
        using ImageStore pulling = ImageStore.Open(_store.Root, s_options);
        await pulling.IngestLayerAsync(image.Layers[0], image.DiffIds[0], image.SourceOf(image.Layers[0]), null, TestContext.Current.CancellationToken);
        await Simple("y").AddToAsync(_store, "y");
        Assert.DoesNotContain(image.DiffIds[0].Hex, _store.Remove("y").DeletedLayers);
        Assert.True(Directory.Exists(Path.Combine(_store.Root, "layers", image.DiffIds[0].Hex)));
    }

    [Fact]
    public async Task Prune_TakesWhatHasNoName()
    {
        TestImage older = Simple("old");
        await older.AddToAsync(_store, "app");
        await Simple("new").AddToAsync(_store, "app");
        Assert.Contains(_store.Prune(all: false), removal => removal.Deleted == older.Id);
        Assert.Single(_store.List());
    }

    [Fact]
    public async Task ReadBlob_ChangedOnDisk_IsRefused()
    {
        TestImage image = Simple("x");
        await image.AddToAsync(_store, "x");
        File.AppendAllText(Path.Combine(_store.Root, "blobs/sha256", image.Manifest.Digest.Hex), " ");
        await Assert.ThrowsAsync<CrunException>(() => _store.ReadBlobAsync(image.Manifest.Digest, TestContext.Current.CancellationToken));
    }

    private static TestImage Simple(string file) => new(new TarBuilder().File(file, file).ToArray());

    private static TestImage Big()
    {
        byte[] content = new byte[1 << 20];
        new Random(7).NextBytes(content);
        return new TestImage(new TarBuilder().Entry('0', "big", content).ToArray());
    }

    private void AssertHasNoLayer()
    {
        string layers = Path.Combine(_store.Root, "layers");
        Assert.True(!Directory.Exists(layers) || Directory.GetFileSystemEntries(layers).Length == 0);
        Assert.Empty(_store.List());
    }
}
