using System.Text;
using CrunSharp.Images.Mending;
using CrunSharp.Images.Store;
using CrunSharp.Oci;

namespace CrunSharp.Images;

public sealed partial class ImageStore
{
    private StoredImage Commit(Reference? name, Descriptor manifest, Manifest parsed, ImageConfig config, Pins pins)
    {
        Digest id = parsed.Config.Digest;
        List<string> layers = [];
        List<string> unmended = [];
        RootAttributes root = RootAttributes.Default;
        long size = 0;
        Digest? chain = null;
        foreach (Digest diffId in config.DiffIds)
        {
            chain = chain is { } below ? Hashing.Chain(below, diffId) : diffId;
            LayerRecord record = ReadLayer(diffId.Hex)
                ?? throw new CrunException($"cannot make the image {id}", $"its layer {diffId} is not in the store");
            if (record.HidesAllBelow)
            {
                unmended.AddRange(layers);
                layers.Clear();
            }

            string key = Mend(record, layers, chain.Value, pins);
            if (key != diffId.Hex)
            {
                unmended.Add(diffId.Hex);
            }

            layers.Add(key);
            root = record.Root ?? root;
            size += record.Size;
        }

        ImageRecord image = new()
        {
            Id = id,
            Manifest = manifest,
            Layers = layers,
            Unmended = unmended,
            Blobs = [manifest.Digest, id, .. parsed.Layers.Select(static layer => layer.Digest)],
            Size = size,
            Root = root,
        };
        do
        {
            StoreFiles.Replace(_layout, _layout.ImageRecord(id), image.Write(), _options.Durable);
        }
        while (!pins.TryHold(_layout.Image(id)));

        if (name is not null)
        {
            Tag(id, name);
        }

        return Get(id) ?? throw new CrunException($"cannot make the image {id}", "somebody removed it at the same time");
    }

    /// <summary>The key of the layer as it has to be above those below: mostly its own, else that of a mended copy.</summary>
    private string Mend(LayerRecord record, List<string> below, Digest chain, Pins pins)
    {
        string own = record.DiffId.Hex;
        if (record.Needs.IsEmpty)
        {
            return own;
        }

        string key = $"chain-{chain.Hex}";
        if (pins.TryHold(_layout.Layer(key)))
        {
            return key;
        }

        using LayerStack stack = new(below.AsEnumerable().Reverse().Select(_layout.Tree), Identity.UserXattr);
        LayerMender mender = new(_layout.Tree(own), record, stack);
        if (!mender.FindWhatDiffers())
        {
            return own;
        }

        using TemporaryPlace place = TemporaryPlace.Make(_layout);
        string copy = place["layer"];
        StoreFiles.EnsureDirectory(copy);
        mender.WriteMended(Path.Combine(copy, "tree"));
        File.WriteAllBytes(Path.Combine(copy, "layer.json"), (record with { Needs = Unpack.LayerNeeds.None }).Write());
        if (_options.Durable)
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = Linux.FileSystem.OpenPath(copy, Linux.OpenAs.Directory);
            Linux.FileSystem.SyncFileSystem(handle);
        }

        do
        {
            // Another pull may be at the same: either copy will do.
            StoreFiles.MoveUnlessThere(copy, _layout.Layer(key));
        }
        while (!pins.TryHold(_layout.Layer(key)));
        return key;
    }
}
