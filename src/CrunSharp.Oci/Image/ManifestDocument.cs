namespace CrunSharp.Oci;

/// <summary>What a registry answers for a tag: a <see cref="Manifest"/> or an <see cref="ImageIndex"/>.</summary>
public abstract record ManifestDocument
{
    /// <summary>Bytes; what registries themselves accept.</summary>
    public const int LargestSize = 4 << 20;

    private const string What = "cannot read the image's manifest";

    private protected ManifestDocument()
    {
    }

    public required string MediaType { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads either kind.</summary>
    /// <param name="bytes">The document, whose digest was checked.</param>
    /// <param name="mediaType">What the registry or the descriptor calls it; null where nobody said.</param>
    /// <remarks>
    /// What names two kinds at once is refused, whichever way: by its members, by its own media type against
    /// its members, or by either against what was announced (CVE-2021-41190).
    /// </remarks>
    /// <exception cref="CrunException">The bytes are neither, or could be read as both.</exception>
    public static ManifestDocument Parse(ReadOnlyMemory<byte> bytes, string? mediaType = null)
    {
        if (bytes.Length > LargestSize)
        {
            throw new CrunException(What, $"it has {bytes.Length} bytes; at most {LargestSize} are accepted");
        }

        JsonWalker json = new(bytes.Span, What);
        long? schema = null;
        string? ownType = null;
        string? artifactType = null;
        Descriptor? config = null;
        List<Descriptor>? layers = null;
        List<Descriptor>? manifests = null;
        bool hasSchema1 = false;
        IReadOnlyDictionary<string, string>? annotations = null;

        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "schemaVersion": schema = json.Number(); break;
                case "mediaType": ownType = json.Text(); break;
                case "artifactType": artifactType = json.Text(); break;
                case "config": config = Descriptor.Read(ref json); break;
                case "layers": layers = ReadDescriptors(ref json); break;
                case "manifests": manifests = ReadDescriptors(ref json); break;
                case "annotations": annotations = json.Map(); break;
                case "fsLayers": hasSchema1 = true; json.Skip(); break;
                default: json.Skip(); break;
            }
        }

        json.End();
        if (schema == 1 || mediaType is MediaTypes.DockerSchema1 or MediaTypes.DockerSchema1Signed)
        {
            throw new CrunException(What, "it is of docker's schema 1, whose layers nothing proves")
            {
                Hints = ["push the image again with a current docker, podman or skopeo"],
            };
        }

        if (schema is not null and not 2)
        {
            throw new CrunException(What, $"its schemaVersion is {schema}; only 2 is known");
        }

        bool isIndex = manifests is not null;
        if (isIndex && (layers is not null || config is not null || hasSchema1))
        {
            throw new CrunException(What, "it has both 'manifests' and 'layers' or 'config', so it could be read as two different images");
        }

        if (!isIndex && (hasSchema1 || layers is null || config is null))
        {
            throw new CrunException(What, "it has neither 'config' and 'layers' nor 'manifests'");
        }

        string kind = isIndex ? "an index" : "a manifest";
        foreach (string? type in (ReadOnlySpan<string?>)[ownType, mediaType])
        {
            bool agrees = type is null || (isIndex ? MediaTypes.IsIndex(type) : MediaTypes.IsManifest(type));
            if (!agrees)
            {
                throw new CrunException(What, $"it is called '{type}', but has the members of {kind}");
            }
        }

        if (ownType is not null && mediaType is not null && ownType != mediaType)
        {
            throw new CrunException(What, $"it calls itself '{ownType}', but was announced as '{mediaType}'");
        }

        annotations ??= new Dictionary<string, string>();
        return isIndex
            ? new ImageIndex { MediaType = ownType ?? mediaType ?? MediaTypes.OciIndex, Manifests = manifests!, Annotations = annotations }
            : new Manifest
            {
                MediaType = ownType ?? mediaType ?? MediaTypes.OciManifest,
                ArtifactType = artifactType,
                Config = config!,
                Layers = layers!,
                Annotations = annotations,
            };
    }

    private static List<Descriptor> ReadDescriptors(ref JsonWalker json)
    {
        List<Descriptor> descriptors = [];
        if (json.IsNull())
        {
            return descriptors;
        }

        json.EnterList();
        for (int index = 0; json.NextEntry(index); index++)
        {
            descriptors.Add(Descriptor.Read(ref json));
        }

        return descriptors;
    }
}
