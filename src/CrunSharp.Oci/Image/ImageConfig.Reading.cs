namespace CrunSharp.Oci;

public sealed partial record ImageConfig
{
    /// <exception cref="CrunException">The bytes are no image config; the reason says where.</exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> bytes)
    {
        const string What = "cannot read the image's config";
        if (bytes.Length > LargestSize)
        {
            throw new CrunException(What, $"it has {bytes.Length} bytes; at most {LargestSize} are accepted");
        }

        JsonWalker json = new(bytes.Span, What);
        ImageConfig image = new() { Architecture = "", Os = "" };
        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "architecture": image = image with { Architecture = json.Text() ?? "" }; break;
                case "os": image = image with { Os = json.Text() ?? "" }; break;
                case "variant": image = image with { Variant = json.Text() }; break;
                case "created": image = image with { Created = json.Time() }; break;
                case "author": image = image with { Author = json.Text() }; break;
                case "config": image = ReadRun(image, ref json); break;
                case "rootfs": image = image with { DiffIds = ReadDiffIds(ref json) }; break;
                case "history": image = image with { History = ReadHistory(ref json) }; break;
                default: json.Skip(); break;
            }
        }

        json.End();
        return image;
    }

    private static ImageConfig ReadRun(ImageConfig image, ref JsonWalker json)
    {
        if (json.IsNull())
        {
            return image;
        }

        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "User": image = image with { User = json.Text() ?? "" }; break;
                case "Env": image = image with { Env = [.. json.TextList().Where(entry => entry.IndexOf('=') > 0)] }; break;
                case "Entrypoint": image = image with { Entrypoint = json.TextList() }; break;
                case "Cmd": image = image with { Cmd = json.TextList() }; break;
                case "WorkingDir": image = image with { WorkingDir = json.Text() ?? "" }; break;
                case "Volumes": image = image with { Volumes = json.Names() }; break;
                case "ExposedPorts": image = image with { ExposedPorts = json.Names() }; break;
                case "StopSignal": image = image with { StopSignal = json.Text() is { Length: > 0 } signal ? signal : null }; break;
                case "Labels": image = image with { Labels = json.Map() }; break;
                case "Healthcheck": image = image with { Healthcheck = ReadHealthcheck(ref json) }; break;
                case "Shell": image = image with { Shell = json.TextList() }; break;
                case "OnBuild": image = image with { OnBuild = json.TextList() }; break;
                default: json.Skip(); break;
            }
        }

        return image;
    }

    private static List<Digest> ReadDiffIds(ref JsonWalker json)
    {
        List<Digest> ids = [];
        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            if (name == "type" && json.Text() is not (null or "layers"))
            {
                throw json.Refuse("only 'layers' is known");
            }

            if (name != "diff_ids" || json.IsNull())
            {
                json.Skip();
                continue;
            }

            json.EnterList();
            for (int index = 0; json.NextEntry(index); index++)
            {
                ids.Add(json.Digest());
            }
        }

        return ids;
    }

    private static List<HistoryEntry> ReadHistory(ref JsonWalker json)
    {
        List<HistoryEntry> history = [];
        if (json.IsNull())
        {
            return history;
        }

        json.EnterList();
        for (int index = 0; json.NextEntry(index); index++)
        {
            HistoryEntry entry = new();
            HashSet<string> seen = json.EnterObject();
            while (json.NextMember(seen, out string name))
            {
                switch (name)
                {
                    case "created": entry = entry with { Created = json.Time() }; break;
                    case "author": entry = entry with { Author = json.Text() }; break;
                    case "created_by": entry = entry with { CreatedBy = json.Text() }; break;
                    case "comment": entry = entry with { Comment = json.Text() }; break;
                    case "empty_layer": entry = entry with { EmptyLayer = json.Flag() }; break;
                    default: json.Skip(); break;
                }
            }

            history.Add(entry);
        }

        return history;
    }

    private static Healthcheck? ReadHealthcheck(ref JsonWalker json)
    {
        if (json.IsNull())
        {
            return null;
        }

        Healthcheck check = new();
        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "Test": check = check with { Test = json.TextList() }; break;
                case "Interval": check = check with { Interval = Nanoseconds(json.Size()) }; break;
                case "Timeout": check = check with { Timeout = Nanoseconds(json.Size()) }; break;
                case "StartPeriod": check = check with { StartPeriod = Nanoseconds(json.Size()) }; break;
                case "StartInterval": check = check with { StartInterval = Nanoseconds(json.Size()) }; break;
                case "Retries": check = check with { Retries = (int)Math.Min(json.Size(), int.MaxValue) }; break;
                default: json.Skip(); break;
            }
        }

        return check;
    }

    private static TimeSpan Nanoseconds(long count) => TimeSpan.FromTicks(count / TimeSpan.NanosecondsPerTick);
}
