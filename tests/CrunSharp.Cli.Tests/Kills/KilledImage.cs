using System.Text;
using System.Text.Json.Nodes;
using CrunSharp.Testing;

namespace CrunSharp.CliTests.Kills;

/// <summary>An image that takes its time: one layer is long to fetch, one long to unpack, some are small; /data is a volume.</summary>
internal sealed class KilledImage
{
    public const int Files = 600;

    private KilledImage(TestImage image, IReadOnlyList<byte[]> archives)
    {
        (Long, Many, Small) = (new(image, archives, 0), new(image, archives, 1), new(image, archives, 2));
        All = [Long, Many, Small, new(image, archives, 3)];
        (Manifest, Config) = (image.Manifest, image.Config);
        ConfigDigest = image.ConfigDigest;
    }

    public const string Repository = "library/killed";

    public byte[] Manifest { get; }

    public byte[] Config { get; }

    public string ConfigDigest { get; }

    /// <summary>One file.</summary>
    public Part Long { get; }

    /// <summary>Many files.</summary>
    public Part Many { get; }

    public Part Small { get; }

    /// <summary>The layers that alpine does not have.</summary>
    public IReadOnlyList<Part> All { get; }

    public static async Task<KilledImage> PushAsync(TestImages images)
    {
        byte[][] archives =
        [
            TestImages.Layer(("long", Noise(400_000, 1), 420)),
            TestImages.Layer(Enumerable.Range(0, Files).Select(static number => ($"data/{number}", Noise(500, number), 420)).Prepend(("data/", "", 493))),
            TestImages.Layer(("small", "small", 420)),
            TestImages.Layer(("smaller", "smaller", 420)),
        ];
        return new KilledImage(await images.PushAsync(Repository, archives, static config => config["config"]!["Volumes"] = new JsonObject { ["/data"] = new JsonObject() }), archives);
    }

    private static string Noise(int length, int seed) => Encoding.Latin1.GetString(TestImage.Noise(length, seed));

    /// <summary>A layer, and the directory in which it arrives.</summary>
    internal sealed class Part(TestImage image, IReadOnlyList<byte[]> archives, int index)
    {
        public byte[] Packed { get; } = image.Layers[image.Layers.Count - archives.Count + index];

        public string Digest => TestImage.DigestOf(Packed);

        public string DiffId { get; } = TestImage.DigestOf(archives[index])["sha256:".Length..];

        /// <summary>How much of the blob is in the store; 0 where none is.</summary>
        public long Arrived(string root) => new FileInfo($"{root}/ingest/{DiffId}/{Digest["sha256:".Length..]}") is { Exists: true } blob ? blob.Length : 0;

        public int Unpacked(string root, string directory)
        {
            string tree = $"{root}/ingest/{DiffId}/tree/{directory}";
            return Directory.Exists(tree) ? Directory.GetFiles(tree).Length : 0;
        }

        public bool IsFinished(string root) => Directory.Exists($"{root}/ingest/{DiffId}/finished");

        public bool IsInPlace(string root) => Directory.Exists($"{root}/layers/{DiffId}");
    }
}
