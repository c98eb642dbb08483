using CrunSharp.Images.Store;
using CrunSharp.Oci;

namespace CrunSharp.Images;

public sealed partial class ImageStore
{
    /// <summary>Takes a name from an image, and with its last name the image; what no other image needs goes too.</summary>
    /// <param name="nameOrId">A name takes only that name; an id takes the image, unless it has several names.</param>
    /// <param name="force">By id: also with several names. With containers made from it: its names go, the image stays.</param>
    public ImageRemoval Remove(string nameOrId, bool force = false)
    {
        StoredImage image = Find(nameOrId)
            ?? throw new CrunException($"cannot remove the image '{nameOrId}'", "the store does not have it");
        IReadOnlyList<Reference> tags = image.Tags;
        Reference? name = TryParse(nameOrId) is { } parsed && tags.Contains(parsed) ? parsed : null;

        // A name by digest comes along with the pull of a tag or alone; people count tags.
        Reference[] others = [.. tags.Where(tag => tag != name && tag.Tag is not null)];
        if (name is not null && others.Length > 0)
        {
            Untag(name);
            return new ImageRemoval { Untagged = [name] };
        }

        if (name is null && others.Length > 1 && !force)
        {
            throw new CrunException($"cannot remove the image '{nameOrId}'", $"it has {others.Length} names: {string.Join(", ", others.Select(static tag => tag.ToString()))}")
            {
                Hints = ["remove the names one by one, or all of them with --force"],
            };
        }

        return RemoveImage(image, tags, force);
    }

    /// <summary>Removes images that no container uses: those without a name, or all.</summary>
    public IReadOnlyList<ImageRemoval> Prune(bool all)
    {
        IReadOnlyCollection<Digest> used = _options.ImagesInUse();
        List<ImageRemoval> removals = [];
        foreach (StoredImage image in List())
        {
            if (!used.Contains(image.Id) && (all || image.Tags.Count == 0))
            {
                using ObjectLock? mine = ObjectLock.TryTake(_layout.Image(image.Id), exclusive: true, out _);
                if (mine is not null)
                {
                    removals.Add(Delete(image, image.Tags));
                }
            }
        }

        ImageRemoval collected = Collect();
        return collected.DeletedLayers.Count > 0 || collected.Freed > 0 ? [.. removals, collected] : removals;
    }

    /// <summary>Keeps the image from being removed until the result is disposed or the process ends.</summary>
    /// <remarks>A container is held by this until its own record names the image; from then on <see cref="ImageStoreOptions.ImagesInUse"/> does.</remarks>
    public IDisposable Hold(StoredImage image)
    {
        ObjectLock? pin = ObjectLock.Pin(_layout.Image(image.Id));
        return pin ?? throw new CrunException($"cannot use the image {image.Id}", "it was removed a moment ago");
    }

    private ImageRemoval RemoveImage(StoredImage image, IReadOnlyList<Reference> tags, bool force)
    {
        using (ObjectLock? mine = ObjectLock.TryTake(_layout.Image(image.Id), exclusive: true, out _))
        {
            // Asked under the lock: whoever makes a container holds the image until its record can be seen.
            if (mine is null || _options.ImagesInUse().Contains(image.Id))
            {
                if (!force)
                {
                    throw new CrunException($"cannot remove the image {image.Id}", "a container was made from it")
                    {
                        Hints = ["remove the container first", "or take only the image's names with --force"],
                    };
                }

                foreach (Reference tag in tags)
                {
                    Untag(tag);
                }

                return new ImageRemoval { Untagged = tags };
            }

            Delete(image, tags);
        }

        ImageRemoval collected = Collect();
        return collected with { Untagged = tags, Deleted = image.Id };
    }

    private ImageRemoval Delete(StoredImage image, IReadOnlyList<Reference> tags)
    {
        foreach (Reference tag in tags)
        {
            Untag(tag);
        }

        StoreFiles.Discard(_layout, _layout.Image(image.Id));
        return new ImageRemoval { Untagged = tags, Deleted = image.Id };
    }

    private void Untag(Reference name)
    {
        string file = _layout.TagFile(name);
        File.Delete(file);
        try
        {
            // Up to the first directory that has something else. Somebody who makes a tag meanwhile makes them again.
            for (string? directory = Path.GetDirectoryName(file); directory is not null && directory != _layout.Tags; directory = Path.GetDirectoryName(directory))
            {
                Directory.Delete(directory);
            }
        }
        catch (IOException)
        {
            // Not empty.
        }
    }

    /// <summary>Removes layers and blobs that no image has and nobody holds.</summary>
    private ImageRemoval Collect()
    {
        List<string> layers = [];
        long freed = 0;
        HashSet<string> needed = Needed();
        List<(string Path, ObjectLock Lock)> candidates = [];
        try
        {
            foreach (string path in AllObjects().Where(path => !needed.Contains(path)))
            {
                if (ObjectLock.TryTake(path, exclusive: true, out _) is { } mine)
                {
                    candidates.Add((path, mine));
                }
            }

            // Again, now that nobody can take hold of them: a commit that ended in between shows in the records.
            needed = Needed();
            foreach ((string path, _) in candidates.Where(candidate => !needed.Contains(candidate.Path)))
            {
                bool isLayer = Path.GetDirectoryName(path) == _layout.Layers;
                freed += isLayer ? ReadLayer(Path.GetFileName(path))?.Size ?? 0 : new FileInfo(path).Length;
                if (isLayer)
                {
                    layers.Add(Path.GetFileName(path));
                }

                StoreFiles.Discard(_layout, path);
            }
        }
        finally
        {
            candidates.ForEach(static candidate => candidate.Lock.Dispose());
        }

        return new ImageRemoval { Untagged = [], DeletedLayers = layers, Freed = freed };
    }

    private IEnumerable<string> AllObjects() =>
        StoreFiles.List(_layout.Layers).Concat(StoreFiles.List(_layout.Blobs).SelectMany(StoreFiles.List));

    private HashSet<string> Needed()
    {
        HashSet<string> needed = [];
        foreach (ImageRecord record in ReadRecords())
        {
            needed.UnionWith(record.Layers.Concat(record.Unmended).Select(_layout.Layer));
            needed.UnionWith(record.Blobs.Select(_layout.Blob));
        }

        return needed;
    }
}
