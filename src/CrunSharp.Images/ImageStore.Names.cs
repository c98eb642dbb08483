using System.Buffers;
using System.Text;
using CrunSharp.Images.Store;
using CrunSharp.Oci;

namespace CrunSharp.Images;

public sealed partial class ImageStore
{
    private const int ShortestPrefix = 3;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The image of this name, digest, id or beginning of an id (three characters or more), or null.</summary>
    /// <exception cref="CrunException">The beginning fits several images.</exception>
    public StoredImage? Find(string nameOrId)
    {
        if (Digest.TryParse(nameOrId, out Digest id))
        {
            return Get(id);
        }

        return TryParse(nameOrId) is { } name && Find(name) is { } found ? found : FindByPrefix(nameOrId);
    }

    /// <summary>The image of this name, or null. A digest in the name decides, whatever repository it was pulled from.</summary>
    public StoredImage? Find(Reference name)
    {
        if (ReadTag(_layout.TagFile(name)) is { } id && Get(id) is { } image)
        {
            return image;
        }

        return name.Digest is { } digest ? ReadRecords().Where(record => record.Manifest.Digest == digest).Select(ToImage).FirstOrDefault() : null;
    }

    /// <summary>Every image, the newest first.</summary>
    public IReadOnlyList<StoredImage> List()
    {
        ILookup<Digest, Reference> tags = ReadTags().ToLookup(static tag => tag.Id, static tag => tag.Name);
        return
        [
            .. ReadRecords()
                .Select(record => ToImage(record, () => [.. tags[record.Id]]))
                .OrderByDescending(static image => image.Created ?? DateTimeOffset.MinValue),
        ];
    }

    /// <summary>Gives the image a further name, and takes that name from whichever image had it.</summary>
    public void Tag(Digest id, Reference name)
    {
        using Pins pins = new();
        if (!pins.TryHold(_layout.Image(id)))
        {
            throw new CrunException($"cannot tag the image {id}", "the store does not have it");
        }

        StoreFiles.Replace(_layout, _layout.TagFile(name), Encoding.ASCII.GetBytes($"{id}\n"), _options.Durable);
    }

    private static Reference? TryParse(string text)
    {
        try
        {
            return Reference.Parse(text);
        }
        catch (CrunException)
        {
            return null;
        }
    }

    private StoredImage? FindByPrefix(string text)
    {
        string prefix = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        if (prefix.Length < ShortestPrefix || prefix.AsSpan().ContainsAnyExcept(s_hexDigits))
        {
            return null;
        }

        string[] fitting = [.. StoreFiles.List(_layout.Images).Select(path => Path.GetFileName(path)!).Where(hex => hex.StartsWith(prefix, StringComparison.Ordinal))];
        return fitting.Length switch
        {
            0 => null,
            1 => ReadRecord(fitting[0]) is { } record ? ToImage(record) : null,
            _ => throw new CrunException($"cannot tell which image '{text}' is", $"{fitting.Length} ids begin like this"),
        };
    }

    private StoredImage? Get(Digest id) => ReadRecord(id.Hex) is { } record && record.Id == id ? ToImage(record) : null;

    private ImageRecord? ReadRecord(string hex)
    {
        byte[]? bytes = StoreFiles.TryRead(Path.Combine(_layout.Images, hex, "image.json"));
        return bytes is null ? null : ImageRecord.Read(bytes);
    }

    private IEnumerable<ImageRecord> ReadRecords() =>
        StoreFiles.List(_layout.Images).Select(path => ReadRecord(Path.GetFileName(path)!)).OfType<ImageRecord>();

    private StoredImage ToImage(ImageRecord record) =>
        ToImage(record, () => [.. ReadTags().Where(tag => tag.Id == record.Id).Select(static tag => tag.Name)]);

    private StoredImage ToImage(ImageRecord record, Func<IReadOnlyList<Reference>> tags) =>
        // The config's digest was proven when it was written; a launch does not hash it again.
        new(() => ImageConfig.Parse(File.ReadAllBytes(_layout.Blob(record.Id))), tags, () => ReadNotes(record))
        {
            Id = record.Id,
            Manifest = record.Manifest,
            Size = record.Size,
            Root = record.Root,
            LayerDirectories = TreesOf(record),
        };

    // A loop, as each start comes by: where Select follows another of Linq's steps, its method is looked for at run time.
    private string[] TreesOf(ImageRecord record)
    {
        string[] trees = new string[record.Layers.Count];
        for (int i = 0; i < trees.Length; i++)
        {
            trees[i] = _layout.Tree(record.Layers[^(i + 1)]);
        }

        return trees;
    }

    private List<string> ReadNotes(ImageRecord record) =>
        [.. record.Layers.Select(ReadLayer).OfType<LayerRecord>().SelectMany(static layer => layer.Notes)];

    private LayerRecord? ReadLayer(string key) =>
        StoreFiles.TryRead(_layout.LayerRecord(key)) is { } bytes ? LayerRecord.Read(bytes) : null;

    private static Digest? ReadTag(string file) =>
        StoreFiles.TryRead(file) is { } bytes && Digest.TryParse(Encoding.ASCII.GetString(bytes).TrimEnd('\n'), out Digest id) ? id : null;

    private List<(Reference Name, Digest Id)> ReadTags()
    {
        List<(Reference Name, Digest Id)> tags = [];
        if (!Directory.Exists(_layout.Tags))
        {
            return tags;
        }

        foreach (string file in Directory.EnumerateFiles(_layout.Tags, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            // HOST/PATH/:TAG or HOST/PATH/@DIGEST, as the name is written but for one slash.
            string relative = Path.GetRelativePath(_layout.Tags, file);
            int slash = relative.LastIndexOf('/');
            if (slash > 0 && TryParse(relative[..slash] + relative[(slash + 1)..]) is { } name && ReadTag(file) is { } id)
            {
                tags.Add((name, id));
            }
        }

        return tags;
    }
}
